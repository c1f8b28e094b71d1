-- For the role of the portal behind a pool: what a start-up option says without one ("Behind PgBouncer" in docs/operations.md).

ALTER ROLE portal SET plan_cache_mode = 'force_generic_plan';
