"""What steps written for Pipedream import."""
