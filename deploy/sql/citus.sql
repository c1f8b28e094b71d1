-- The store and the disclosures on distributed PostgreSQL (Citus 12 or newer), on the coordinator, before the first load;
-- docs/scaling.md says what each statement rests on. Run with the role that owns the tables, web and workers stopped.

CREATE EXTENSION IF NOT EXISTS citus;

-- What every node joins with: small, and copied to each. Foreign keys between these stay.
SELECT create_reference_table('datahub_feed');
SELECT create_reference_table('datahub_feedrun');

-- By channel: blocks, periods, sums of months and what was replaced lie with their channel, so that a read of a channel,
-- and a load of it, touches one node. Their primary keys begin with the channel already.
ALTER TABLE interval_block DROP CONSTRAINT IF EXISTS interval_block_channel_id_fkey;
ALTER TABLE datahub_periodreading DROP CONSTRAINT IF EXISTS datahub_periodreading_pkey;
ALTER TABLE datahub_periodreading ADD PRIMARY KEY (channel_id, id);
SELECT create_distributed_table('interval_block', 'channel_id', shard_count => 64);
SELECT create_distributed_table('datahub_periodreading', 'channel_id', colocate_with => 'interval_block');

-- By grant: a disclosure has no unique key, and its months are partitions of each shard.
ALTER TABLE consent_disclosure DROP CONSTRAINT IF EXISTS consent_disclosure_grant_id_fkey;
SELECT create_distributed_table('consent_disclosure', 'grant_id', shard_count => 64);
