-- Who may do what on a PostgreSQL server: the owner changes the schema, the application only the data.
-- Run once by psql as the server's administrator; `congnhan db upgrade` then grants the tables one by one.
--
--   DATABASE_OWNER_PASSWORD_FILE=… DATABASE_PASSWORD_FILE=… psql … -v ON_ERROR_STOP=1 -f deploy/postgres/roles.sql
--
-- The passwords come from files, so that they stand neither here nor in a list of processes.
\set owner_password `cat "$DATABASE_OWNER_PASSWORD_FILE"`
\set app_password `cat "$DATABASE_PASSWORD_FILE"`

CREATE ROLE congnhan_owner LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'owner_password';
CREATE ROLE congnhan_app LOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE PASSWORD :'app_password';

CREATE DATABASE congnhan OWNER congnhan_owner ENCODING 'UTF8' TEMPLATE template0;
REVOKE ALL ON DATABASE congnhan FROM PUBLIC;
GRANT CONNECT ON DATABASE congnhan TO congnhan_app;

\connect congnhan
ALTER SCHEMA public OWNER TO congnhan_owner;
REVOKE ALL ON SCHEMA public FROM PUBLIC;
GRANT USAGE ON SCHEMA public TO congnhan_app;
