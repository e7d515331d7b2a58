-- Apps come from the catalogue's files, an operator's files, the API, or are named by a component.
alter table apps
  add column origin text not null default 'component' check (origin in ('catalogue', 'file', 'api', 'component')),
  add column definition text, -- JSON of the whole definition; null: nothing is known but the slug
  add column featured_weight integer not null default 0;

-- Brings its own logos from now on; null means the one that the server draws.
update apps set img_src = null;

-- What the API says about apps: a JSON merge patch over what the files say, or an app of its own.
create table app_overrides (
  name_slug text primary key,
  patch text not null,
  created_at_ms bigint not null,
  updated_at_ms bigint not null
);
