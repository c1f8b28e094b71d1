-- Gives the tables of proof to a role that the application cannot become (docs/operations.md, "Proof has its own role").
-- Run it as a superuser, once, and again after each upgrade: psql -v application=cdsc_portal -f deploy/sql/proof_owner.sql
\set ON_ERROR_STOP on
SELECT set_config('cdsc.application', :'application', false);

DO $$
DECLARE
    application text := current_setting('cdsc.application');
    each record;
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'cdsc_proof') THEN
        CREATE ROLE cdsc_proof NOLOGIN;
    END IF;
    -- the functions make months of the application's tables too; the application is no member of the role of proof
    EXECUTE format('GRANT %I TO cdsc_proof', application);
    GRANT USAGE, CREATE ON SCHEMA public TO cdsc_proof;
    EXECUTE format('ALTER DEFAULT PRIVILEGES FOR ROLE cdsc_proof IN SCHEMA public GRANT SELECT ON TABLES TO %I',
                   application);

    FOR each IN SELECT DISTINCT tgrelid::regclass AS name, relkind FROM pg_trigger JOIN pg_class ON pg_class.oid = tgrelid
                WHERE tgname = 'append_only' LOOP
        EXECUTE format('ALTER TABLE %s OWNER TO cdsc_proof', each.name);
        EXECUTE format('REVOKE ALL ON %s FROM %I', each.name, application);
        EXECUTE format('GRANT SELECT, INSERT ON %s TO %I', each.name, application);
        IF pg_get_serial_sequence(each.name::text, 'id') IS NOT NULL THEN
            EXECUTE format('GRANT USAGE ON SEQUENCE %s TO %I', pg_get_serial_sequence(each.name::text, 'id'), application);
        END IF;
    END LOOP;

    -- the exceptions, and what makes months
    FOR each IN SELECT pg_proc.oid::regprocedure AS name FROM pg_proc
                WHERE pronamespace = 'public'::regnamespace
                AND (proname ~ '^(erase|delete)_' AND prosrc LIKE '%append_only.exception%'
                     OR proname IN ('supersede_receipt', 'make_month', 'guard_month')) LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO cdsc_proof', each.name);
        EXECUTE format('ALTER FUNCTION %s SECURITY DEFINER', each.name);
        EXECUTE format('ALTER FUNCTION %s SET search_path = public, pg_temp', each.name);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', each.name);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO %I', each.name, application);
    END LOOP;
END $$;
