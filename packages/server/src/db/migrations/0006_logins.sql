-- How people log in, join workspaces and leave them, and what is kept of who did what.
alter table users add column password_hash text; -- argon2id in PHC form; null: no password
alter table users add column email_verified_at_ms bigint; -- null: nobody has shown that the address is theirs
create unique index users_lower_email on users (lower(email));
-- Who a person is at the instance's identity provider.
create table user_identities (
  issuer text not null,
  subject text not null,
  user_id text not null references users on delete cascade,
  created_at_ms bigint not null,
  primary key (issuer, subject)
);
create index user_identities_user_id on user_identities (user_id);
create table sessions (
  session_id text primary key,
  user_id text not null references users on delete cascade,
  token_hash text not null unique, -- SHA-256 of the cookie, hex
  method text not null check (method in ('password', 'link', 'oidc')),
  ip text not null,
  user_agent text,
  created_at_ms bigint not null,
  last_used_at_ms bigint not null,
  expires_at_ms bigint not null
);
create index sessions_user_id on sessions (user_id, created_at_ms desc);
create index sessions_expires_at_ms on sessions (expires_at_ms);
-- Attempts to log in, per account and address: a bucket is full again (and its row of no use) at full_at_ms.
create table login_buckets (
  subject text primary key,
  full_at_ms bigint not null
);
create index login_buckets_full_at_ms on login_buckets (full_at_ms);
create table invitations (
  org_id text not null references workspaces on delete cascade,
  invitation_id text not null,
  email text not null,
  role text not null check (role in ('owner', 'admin', 'member', 'viewer')),
  token_hash text not null unique, -- SHA-256 of the link's token, hex
  invited_by text references users on delete set null,
  created_at_ms bigint not null,
  expires_at_ms bigint not null,
  primary key (org_id, invitation_id)
);
create unique index invitations_org_id_email on invitations (org_id, lower(email));
create index invitations_lower_email on invitations (lower(email));
-- Set when nobody reaches the workspace any more, while what is in it is being taken down.
alter table workspaces add column deleted_at_ms bigint;
-- What a user has made stays when the user goes.
alter table accounts drop constraint accounts_user_id_fkey,
  add constraint accounts_user_id_fkey foreign key (user_id) references users on delete set null;
alter table sources drop constraint sources_user_id_fkey,
  add constraint sources_user_id_fkey foreign key (user_id) references users on delete set null;
alter table webhooks drop constraint webhooks_user_id_fkey,
  add constraint webhooks_user_id_fkey foreign key (user_id) references users on delete set null;
alter table workflows drop constraint workflows_user_id_fkey,
  add constraint workflows_user_id_fkey foreign key (user_id) references users on delete set null;
alter table audit_log add column credential_id text; -- the key, session or client that the actor used
alter table audit_log add column details text; -- JSON object of texts; null: none
create index audit_log_at_ms on audit_log (at_ms);
