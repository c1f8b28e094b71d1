-- On the primary: a role and a slot for a streaming replica (DATABASE_REPLICA_URL). Then, on the machine of the replica:
--   pg_basebackup -h PRIMARY -U portal_replica -D DATA -X stream -S portal_replica -R

CREATE ROLE portal_replica WITH REPLICATION LOGIN;
SELECT pg_create_physical_replication_slot('portal_replica');
-- a replica that is gone keeps the log of at most so much, then it has to be made anew
ALTER SYSTEM SET max_slot_wal_keep_size = '50GB';
SELECT pg_reload_conf();
