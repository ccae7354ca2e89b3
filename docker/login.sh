#!/bin/bash
# Run once by the database image, when its volume is new: makes the login that the service comes in with.
# It can become the owner (migrations) and the application role (everything else), and is neither by itself.
set -euo pipefail
psql --set ON_ERROR_STOP=1 --no-psqlrc --quiet --username postgres --dbname wangge <<'SQL'
\getenv password WANGGE_DATABASE_PASSWORD
CREATE ROLE wangge_login LOGIN NOINHERIT PASSWORD :'password';
GRANT wangge_owner, wangge_app TO wangge_login;
-- Nobody comes in as the superuser over the network.
ALTER ROLE postgres PASSWORD NULL;
SQL
