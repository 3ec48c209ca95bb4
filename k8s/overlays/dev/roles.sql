CREATE ROLE resimate_owner LOGIN CREATEROLE PASSWORD 'development';
CREATE ROLE resimate_app LOGIN NOINHERIT PASSWORD 'development';
CREATE DATABASE resimate OWNER resimate_owner TEMPLATE template0;
REVOKE CONNECT, TEMPORARY ON DATABASE resimate FROM PUBLIC;
GRANT CONNECT ON DATABASE resimate TO resimate_app;
\connect resimate
REVOKE CREATE ON SCHEMA public FROM PUBLIC;
ALTER SCHEMA public OWNER TO resimate_owner;
