-- OAuth clients of workspaces, and what their access tokens are signed and revoked with.

alter table oauth_clients
  add column role text not null default 'admin' check (role in ('admin', 'member', 'viewer')),
  add column scopes text[] not null default '{*}', -- the most that a token of this client may have
  add column secret_hint text not null default '', -- last characters, to recognise it in a list
  add column previous_secret_hash text, -- works until the overlap of a rotation ends
  add column previous_secret_expires_at_ms bigint,
  add column last_used_at_ms bigint;
create index oauth_clients_page on oauth_clients (org_id, created_at_ms, client_id);
-- A page of a long list reads its own rows alone.
create index projects_page on projects (org_id, created_at_ms, project_id);
drop index projects_org_id;

-- Keys of the instance. Each is published before it signs, and stays until the last token that it signed has expired.
create table oauth_signing_keys (
  key_id text primary key, -- thumbprint of the public key (RFC 7638)
  public_jwk text not null,
  sealed_private_jwk text not null,
  created_at_ms bigint not null,
  signs_from_ms bigint not null
);

-- Addresses under which nodes of this instance issue tokens.
create table oauth_issuers (
  issuer text primary key,
  seen_at_ms bigint not null
);

create table oauth_revoked_tokens (
  token_id text primary key,
  expires_at_ms bigint not null
);
create index oauth_revoked_tokens_expires_at on oauth_revoked_tokens (expires_at_ms);
