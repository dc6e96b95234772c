--
-- PostgreSQL database dump
--


-- Dumped from database version 15.18 (Debian 15.18-0+deb12u1)
-- Dumped by pg_dump version 15.18 (Debian 15.18-0+deb12u1)

SET statement_timeout = 0;
SET lock_timeout = 0;
SET idle_in_transaction_session_timeout = 0;
SET client_encoding = 'UTF8';
SET standard_conforming_strings = on;
SELECT pg_catalog.set_config('search_path', '', false);
SET check_function_bodies = false;
SET xmloption = content;
SET client_min_messages = warning;
SET row_security = off;

--
-- Name: dbos; Type: SCHEMA; Schema: -; Owner: -
--

CREATE SCHEMA dbos;


--
-- Name: enqueue_workflow(text, text, json[], json, text, text, text, text, bigint, bigint, text, integer, text, text, text, bigint, text); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION dbos.enqueue_workflow(workflow_name text, queue_name text, positional_args json[] DEFAULT ARRAY[]::json[], named_args json DEFAULT '{}'::json, class_name text DEFAULT NULL::text, config_name text DEFAULT NULL::text, workflow_id text DEFAULT NULL::text, app_version text DEFAULT NULL::text, timeout_ms bigint DEFAULT NULL::bigint, deadline_epoch_ms bigint DEFAULT NULL::bigint, deduplication_id text DEFAULT NULL::text, priority integer DEFAULT NULL::integer, queue_partition_key text DEFAULT NULL::text, authenticated_user text DEFAULT NULL::text, authenticated_roles text DEFAULT NULL::text, delay_until_epoch_ms bigint DEFAULT NULL::bigint, application_name text DEFAULT NULL::text) RETURNS text
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_workflow_id TEXT;
    v_serialized_inputs TEXT;
    v_owner_xid TEXT;
    v_now BIGINT;
    v_recovery_attempts INT4 := 0;
    v_priority INT4;
    v_status TEXT;
BEGIN

    -- Validate required parameters
    IF workflow_name IS NULL OR workflow_name = '' THEN
        RAISE EXCEPTION 'Workflow name cannot be null or empty';
    END IF;
    IF queue_name IS NULL OR queue_name = '' THEN
        RAISE EXCEPTION 'Queue name cannot be null or empty';
    END IF;
    IF named_args IS NOT NULL AND jsonb_typeof(named_args::jsonb) != 'object' THEN
        RAISE EXCEPTION 'Named args must be a JSON object';
    END IF;
    IF workflow_id IS NOT NULL AND workflow_id = '' THEN
        RAISE EXCEPTION 'Workflow ID cannot be an empty string if provided.';
    END IF;
    IF delay_until_epoch_ms IS NOT NULL AND delay_until_epoch_ms < 0 THEN
        RAISE EXCEPTION 'delay_until_epoch_ms must be >= 0';
    END IF;

    v_workflow_id := COALESCE(workflow_id, gen_random_uuid()::TEXT);
    v_owner_xid := gen_random_uuid()::TEXT;
    v_priority := COALESCE(priority, 0);
    v_serialized_inputs := json_build_object(
        'positionalArgs', positional_args,
        'namedArgs', named_args
    )::TEXT;
    v_now := EXTRACT(epoch FROM now()) * 1000;
    v_status := CASE WHEN delay_until_epoch_ms IS NULL THEN 'ENQUEUED' ELSE 'DELAYED' END;

    INSERT INTO "dbos".workflow_status (
        workflow_uuid, status,
        name, class_name, config_name,
        queue_name, deduplication_id, priority, queue_partition_key,
        application_version,
        created_at, updated_at, recovery_attempts,
        workflow_timeout_ms, workflow_deadline_epoch_ms,
        parent_workflow_id, owner_xid, serialization,
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    ) VALUES (
        v_workflow_id, v_status,
        workflow_name, class_name, config_name,
        queue_name, deduplication_id, v_priority, queue_partition_key,
        app_version,
        v_now, v_now, v_recovery_attempts,
        timeout_ms, deadline_epoch_ms,
        NULL, v_owner_xid, 'portable_json',
        authenticated_user, authenticated_roles,
        delay_until_epoch_ms, application_name
    )
    ON CONFLICT (workflow_uuid)
    DO UPDATE SET
        updated_at = EXCLUDED.updated_at;

    INSERT INTO "dbos".workflow_input (
        workflow_uuid, inputs, retention_timestamp
    ) VALUES (
        v_workflow_id, v_serialized_inputs, v_now
    )
    ON CONFLICT (workflow_uuid) DO NOTHING;

    RETURN v_workflow_id;

EXCEPTION
    WHEN unique_violation THEN
        RAISE EXCEPTION 'DBOS queue duplicated'
            USING DETAIL = format('Workflow %s with queue %s and deduplication ID %s already exists', v_workflow_id, queue_name, deduplication_id),
                ERRCODE = 'unique_violation';
END;
$$;


--
-- Name: notifications_function(); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION dbos.notifications_function() RETURNS trigger
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    payload text := NEW.destination_uuid || '::' || NEW.topic;
BEGIN
    PERFORM pg_notify('dbos_notifications_channel', payload);
    RETURN NEW;
END;
$$;


--
-- Name: send_message(text, json, text, text); Type: FUNCTION; Schema: dbos; Owner: -
--

CREATE FUNCTION dbos.send_message(destination_id text, message json, topic text DEFAULT NULL::text, message_id text DEFAULT NULL::text) RETURNS void
    LANGUAGE plpgsql
    SET search_path TO 'pg_catalog', 'pg_temp'
    AS $$
DECLARE
    v_topic TEXT := COALESCE(topic, '__null__topic__');
    v_message_id TEXT := COALESCE(message_id, gen_random_uuid()::TEXT);
BEGIN
    INSERT INTO "dbos".notifications (
        destination_uuid, topic, message, message_uuid, serialization
    ) VALUES (
        destination_id, v_topic, message, v_message_id, 'portable_json'
    )
    ON CONFLICT (message_uuid) DO NOTHING;
EXCEPTION
    WHEN foreign_key_violation THEN
        RAISE EXCEPTION 'DBOS non-existent workflow'
            USING DETAIL = format('Destination workflow %s does not exist', destination_id),
                ERRCODE = 'foreign_key_violation';
END;
$$;


SET default_tablespace = '';

SET default_table_access_method = heap;

--
-- Name: application_versions; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.application_versions (
    version_id text NOT NULL,
    version_name text NOT NULL,
    version_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_name text
);


--
-- Name: dbos_migrations; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.dbos_migrations (
    version bigint NOT NULL
);


--
-- Name: event_dispatch_kv; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.event_dispatch_kv (
    service_name text NOT NULL,
    workflow_fn_name text NOT NULL,
    key text NOT NULL,
    value text,
    update_seq numeric(38,0),
    update_time numeric(38,15)
);


--
-- Name: notifications; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.notifications (
    message_uuid text DEFAULT gen_random_uuid() NOT NULL,
    destination_uuid text NOT NULL,
    topic text,
    message text NOT NULL,
    created_at_epoch_ms bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    serialization text,
    consumed boolean DEFAULT false NOT NULL,
    consumed_by_function_id integer
);


--
-- Name: operation_outputs; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.operation_outputs (
    workflow_uuid text NOT NULL,
    function_id integer NOT NULL,
    function_name text DEFAULT ''::text NOT NULL,
    output text,
    error text,
    child_workflow_id text,
    started_at_epoch_ms bigint,
    completed_at_epoch_ms bigint,
    serialization text,
    application_name text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);


--
-- Name: queues; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.queues (
    queue_id text DEFAULT (gen_random_uuid())::text NOT NULL,
    name text NOT NULL,
    concurrency integer,
    worker_concurrency integer,
    rate_limit_max integer,
    rate_limit_period_sec double precision,
    priority_enabled boolean DEFAULT false NOT NULL,
    partition_queue boolean DEFAULT false NOT NULL,
    polling_interval_sec double precision DEFAULT 1.0 NOT NULL,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    updated_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_name text,
    partition_concurrency integer,
    partition_worker_concurrency integer,
    partition_rate_limit_max integer,
    partition_rate_limit_period_sec double precision
);


--
-- Name: streams; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.streams (
    workflow_uuid text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    "offset" integer NOT NULL,
    function_id integer DEFAULT 0 NOT NULL,
    serialization text
);


--
-- Name: workflow_events; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_events (
    workflow_uuid text NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    serialization text
);


--
-- Name: workflow_events_history; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_events_history (
    workflow_uuid text NOT NULL,
    function_id integer NOT NULL,
    key text NOT NULL,
    value text NOT NULL,
    serialization text
);


--
-- Name: workflow_input; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_input (
    workflow_uuid text NOT NULL,
    inputs text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);


--
-- Name: workflow_output; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_output (
    workflow_uuid text NOT NULL,
    output text,
    error text,
    retention_timestamp bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL
);


--
-- Name: workflow_schedules; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_schedules (
    schedule_id text NOT NULL,
    schedule_name text NOT NULL,
    workflow_name text NOT NULL,
    workflow_class_name text,
    schedule text NOT NULL,
    status text DEFAULT 'ACTIVE'::text NOT NULL,
    context text NOT NULL,
    last_fired_at text,
    automatic_backfill boolean DEFAULT false NOT NULL,
    cron_timezone text,
    queue_name text,
    application_name text
);


--
-- Name: workflow_status; Type: TABLE; Schema: dbos; Owner: -
--

CREATE TABLE dbos.workflow_status (
    workflow_uuid text NOT NULL,
    status text,
    name text,
    authenticated_user text,
    assumed_role text,
    authenticated_roles text,
    request text,
    output text,
    error text,
    executor_id text,
    created_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    updated_at bigint DEFAULT ((EXTRACT(epoch FROM now()) * 1000.0))::bigint NOT NULL,
    application_version text,
    application_id text,
    class_name character varying(255) DEFAULT NULL::character varying,
    config_name character varying(255) DEFAULT NULL::character varying,
    recovery_attempts bigint DEFAULT 0,
    queue_name text,
    workflow_timeout_ms bigint,
    workflow_deadline_epoch_ms bigint,
    inputs text,
    started_at_epoch_ms bigint,
    deduplication_id text,
    priority integer DEFAULT 0 NOT NULL,
    queue_partition_key text,
    forked_from text,
    owner_xid text,
    parent_workflow_id text,
    serialization text,
    delay_until_epoch_ms bigint,
    was_forked_from boolean DEFAULT false NOT NULL,
    rate_limited boolean DEFAULT false NOT NULL,
    completed_at bigint,
    attributes jsonb,
    schedule_name text,
    debounce_deadline_epoch_ms bigint,
    is_debounced boolean DEFAULT false NOT NULL,
    application_name text,
    creator_xid text
);


--
-- Name: audit_log; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.audit_log (
    id bigint NOT NULL,
    at double precision NOT NULL,
    organization_id text,
    subject text,
    role text,
    operation text NOT NULL,
    targets text NOT NULL,
    outcome text NOT NULL,
    reason text,
    request_id text NOT NULL,
    remote text,
    times integer NOT NULL
);


--
-- Name: audit_log_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.audit_log_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: audit_log_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.audit_log_id_seq OWNED BY public.audit_log.id;


--
-- Name: chargers; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.chargers (
    id text NOT NULL,
    organization_id text NOT NULL,
    location_id text,
    identity text NOT NULL,
    name text,
    location_name text,
    brand_slug text NOT NULL,
    model_slug text NOT NULL,
    connector_type text NOT NULL,
    ocpp_version text NOT NULL,
    ws_url text NOT NULL,
    seed integer NOT NULL,
    created_at double precision NOT NULL,
    updated_at double precision NOT NULL,
    deleted_at double precision,
    job_id text,
    "position" integer NOT NULL,
    provisioning text NOT NULL,
    attempt integer NOT NULL,
    next_attempt_at double precision NOT NULL,
    error_code text,
    error text,
    provisioned_at double precision,
    host_id text,
    generation integer NOT NULL,
    running boolean NOT NULL,
    synced boolean NOT NULL,
    connection_state text NOT NULL,
    connection_since double precision NOT NULL,
    connection_error text,
    connection_attempts integer NOT NULL,
    connectors text,
    security_profile integer DEFAULT 0 NOT NULL,
    credentials_id text
);


--
-- Name: commands; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.commands (
    seq bigint NOT NULL,
    id text NOT NULL,
    organization_id text NOT NULL,
    charger_id text NOT NULL,
    kind text NOT NULL,
    ocpp_version text NOT NULL,
    payload text NOT NULL,
    state text NOT NULL,
    reason text,
    detail text,
    created_at double precision NOT NULL,
    updated_at double precision NOT NULL,
    expires_at double precision NOT NULL,
    host_id text,
    host_boot_id text
);


--
-- Name: commands_seq_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.commands_seq_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: commands_seq_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.commands_seq_seq OWNED BY public.commands.seq;


--
-- Name: credentials; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.credentials (
    id text NOT NULL,
    organization_id text NOT NULL,
    created_at double precision NOT NULL,
    authorization_key bytea,
    ca_certificate text,
    client_certificate text,
    client_key text
);


--
-- Name: gateways; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.gateways (
    id text NOT NULL,
    seen_at double precision NOT NULL
);


--
-- Name: hosts; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.hosts (
    id text NOT NULL,
    boot_id text NOT NULL,
    capacity integer NOT NULL,
    lease_until double precision NOT NULL,
    stations integer NOT NULL,
    online integer NOT NULL,
    lag_ms double precision NOT NULL,
    connected_at double precision NOT NULL
);


--
-- Name: job_failures; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_failures (
    job_id text NOT NULL,
    identity text NOT NULL,
    code text NOT NULL,
    error text NOT NULL
);


--
-- Name: job_results; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.job_results (
    job_id text NOT NULL,
    body bytea NOT NULL
);


--
-- Name: jobs; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.jobs (
    id text NOT NULL,
    organization_id text NOT NULL,
    location_id text,
    kind text NOT NULL,
    status text NOT NULL,
    current_step text,
    request text,
    total integer NOT NULL,
    registered integer NOT NULL,
    created_count integer NOT NULL,
    failed_count integer NOT NULL,
    error text,
    idempotency_key text,
    request_hash text,
    created_at double precision NOT NULL,
    updated_at double precision NOT NULL,
    provisioned_at double precision
);


--
-- Name: locations; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.locations (
    id text NOT NULL,
    organization_id text NOT NULL,
    slug text NOT NULL,
    name text NOT NULL,
    address text NOT NULL,
    city text NOT NULL,
    country text NOT NULL,
    latitude double precision NOT NULL,
    longitude double precision NOT NULL,
    timezone text,
    owner_name text,
    public boolean NOT NULL,
    status text NOT NULL,
    created_at double precision NOT NULL,
    updated_at double precision NOT NULL
);


--
-- Name: ocpp_frames; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.ocpp_frames (
    id bigint NOT NULL,
    charger_id text NOT NULL,
    at double precision NOT NULL,
    from_station boolean NOT NULL,
    action text NOT NULL,
    message text NOT NULL
);


--
-- Name: ocpp_frames_id_seq; Type: SEQUENCE; Schema: public; Owner: -
--

CREATE SEQUENCE public.ocpp_frames_id_seq
    START WITH 1
    INCREMENT BY 1
    NO MINVALUE
    NO MAXVALUE
    CACHE 1;


--
-- Name: ocpp_frames_id_seq; Type: SEQUENCE OWNED BY; Schema: public; Owner: -
--

ALTER SEQUENCE public.ocpp_frames_id_seq OWNED BY public.ocpp_frames.id;


--
-- Name: organization_quotas; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.organization_quotas (
    organization_id text NOT NULL,
    max_chargers bigint,
    max_jobs bigint,
    max_requests_per_second double precision,
    updated_at double precision NOT NULL
);


--
-- Name: schema_version_frames; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_version_frames (
    version_num character varying(32) NOT NULL
);


--
-- Name: schema_version_main; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.schema_version_main (
    version_num character varying(32) NOT NULL
);


--
-- Name: station_memory; Type: TABLE; Schema: public; Owner: -
--

CREATE TABLE public.station_memory (
    charger_id text NOT NULL,
    content bytea NOT NULL,
    generation integer NOT NULL,
    boot_id text NOT NULL,
    seq bigint NOT NULL,
    updated_at double precision NOT NULL
);


--
-- Name: audit_log id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_log ALTER COLUMN id SET DEFAULT nextval('public.audit_log_id_seq'::regclass);


--
-- Name: commands seq; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.commands ALTER COLUMN seq SET DEFAULT nextval('public.commands_seq_seq'::regclass);


--
-- Name: ocpp_frames id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ocpp_frames ALTER COLUMN id SET DEFAULT nextval('public.ocpp_frames_id_seq'::regclass);


--
-- Data for Name: application_versions; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.application_versions VALUES ('127fd8d3-3827-4b73-bda5-aab113b3390d', 'provision-1', 1795383306008, 1795383306008, 'voltfleet');


--
-- Data for Name: dbos_migrations; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.dbos_migrations VALUES (125);


--
-- Data for Name: event_dispatch_kv; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: notifications; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: operation_outputs; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.operation_outputs VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 1, 'begin', 'gASILg==', NULL, NULL, 1795383307474, 1795383307495, 'py_pickle', 'voltfleet', 1795383307496);
INSERT INTO dbos.operation_outputs VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 2, 'register', 'gARLAC4=', NULL, NULL, 1795383307514, 1795383307617, 'py_pickle', 'voltfleet', 1795383307619);
INSERT INTO dbos.operation_outputs VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 3, 'settle', 'gAROLg==', NULL, NULL, 1795383307634, 1795383307766, 'py_pickle', 'voltfleet', 1795383307767);
INSERT INTO dbos.operation_outputs VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 4, 'finish', 'gAROLg==', NULL, NULL, 1795383307769, 1795383307805, 'py_pickle', 'voltfleet', 1795383307808);
INSERT INTO dbos.operation_outputs VALUES ('c22cb628-257d-4aa0-81fb-4cec9a1d0787', 1, 'begin', 'gASILg==', NULL, NULL, 1795383307948, 1795383307987, 'py_pickle', 'voltfleet', 1795383307993);
INSERT INTO dbos.operation_outputs VALUES ('c22cb628-257d-4aa0-81fb-4cec9a1d0787', 2, 'register', 'gARLAC4=', NULL, NULL, 1795383308021, 1795383308054, 'py_pickle', 'voltfleet', 1795383308055);


--
-- Data for Name: queues; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.queues VALUES ('c08702be-b598-42aa-b411-472f113fe0f2', 'jobs', NULL, 32, NULL, NULL, true, false, 0.2, 1795383306162, 1795383306069, 'voltfleet', NULL, NULL, NULL, NULL);


--
-- Data for Name: streams; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_events; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_events_history; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_input; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_input VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 'gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCQ3MzQyMmFmNi0yNjc4LTQ5OGMtYWE5Yi05MWZiZTNjYTgyN2KUhZSMBmt3YXJnc5R9lHUu', 1795383307324);
INSERT INTO dbos.workflow_input VALUES ('c22cb628-257d-4aa0-81fb-4cec9a1d0787', 'gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCRjMjJjYjYyOC0yNTdkLTRhYTAtODFmYi00Y2VjOWExZDA3ODeUhZSMBmt3YXJnc5R9lHUu', 1795383307747);


--
-- Data for Name: workflow_output; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_output VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 'gAROLg==', NULL, 1795383307831);


--
-- Data for Name: workflow_schedules; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_status; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_status VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 'SUCCESS', 'provision', NULL, NULL, NULL, NULL, NULL, NULL, 'vm-17863-922850', 1795383307324, 1795383307831, 'provision-1', NULL, NULL, NULL, 1, 'jobs', NULL, NULL, NULL, 1795383307461, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, 1795383307831, 'null', NULL, NULL, false, 'voltfleet', '14a1f0c8-b5bc-48f0-ad1b-3b6e4319aad5');
INSERT INTO dbos.workflow_status VALUES ('c22cb628-257d-4aa0-81fb-4cec9a1d0787', 'PENDING', 'provision', NULL, NULL, NULL, NULL, NULL, NULL, 'vm-17863-922850', 1795383307747, 1795383307908, 'provision-1', NULL, NULL, NULL, 1, 'jobs', NULL, NULL, NULL, 1795383307908, NULL, 0, NULL, NULL, '8a8cee06-5265-465e-9379-f6543021df85', NULL, 'py_pickle', NULL, false, false, NULL, 'null', NULL, NULL, false, 'voltfleet', 'b51b4d6c-b87a-49fe-b992-2cdb096d411e');


--
-- Data for Name: audit_log; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.audit_log VALUES (1, 1795383307.2760603, 'default', 'user-c1167302e064', 'user', 'create_location', '{"location_id":"cb01a721-5882-43db-943a-696e1d899d90"}', 'done', NULL, 'eb0df2be244515a9', '127.0.0.1', 1);
INSERT INTO public.audit_log VALUES (2, 1795383307.2993224, 'default', 'user-c1167302e064', 'user', 'create_location_chargers', '{"location_id":"cb01a721-5882-43db-943a-696e1d899d90","job_id":"73422af6-2678-498c-aa9b-91fbe3ca827b","chargers":3}', 'done', NULL, 'c24ee0ec8e06f5d3', '127.0.0.1', 1);
INSERT INTO public.audit_log VALUES (3, 1795383307.7394173, 'default', 'user-c1167302e064', 'user', 'create_location_chargers', '{"location_id":"cb01a721-5882-43db-943a-696e1d899d90","job_id":"c22cb628-257d-4aa0-81fb-4cec9a1d0787","chargers":3}', 'done', NULL, '9b1247823177ca63', '127.0.0.1', 1);


--
-- Data for Name: chargers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.chargers VALUES ('22357b5b-4276-597b-b29b-7cab6971543f', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'DONE-0000', 'DONE-0000', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1256584132, 1795383307.5203018, 1795383307.5203018, NULL, '73422af6-2678-498c-aa9b-91fbe3ca827b', 0, 'READY', 0, 1795383322.5203018, NULL, NULL, 1795383307.6569145, 'local-dea555-0', 1, true, true, 'connecting', 1795383307.6560347, NULL, 1, '[[1,1,"Available",null,1795383307.6403027]]', 0, NULL);
INSERT INTO public.chargers VALUES ('f76bfb0d-fd8a-5ea3-9400-f7f2d3b4e7bc', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'DONE-0001', 'DONE-0001', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1038271314, 1795383307.5203018, 1795383307.5203018, NULL, '73422af6-2678-498c-aa9b-91fbe3ca827b', 1, 'READY', 0, 1795383322.5203018, NULL, NULL, 1795383307.6569145, 'local-dea555-0', 1, true, true, 'connecting', 1795383307.6560347, NULL, 1, '[[1,1,"Available",null,1795383307.6558118]]', 0, NULL);
INSERT INTO public.chargers VALUES ('3fdf45b0-8a03-561a-9a26-ad7f366e994d', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'DONE-0002', 'DONE-0002', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 619418344, 1795383307.5203018, 1795383307.5203018, NULL, '73422af6-2678-498c-aa9b-91fbe3ca827b', 2, 'READY', 0, 1795383322.5203018, NULL, NULL, 1795383307.6569145, 'local-dea555-0', 1, true, true, 'connecting', 1795383307.6560347, NULL, 1, '[[1,1,"Available",null,1795383307.6559165]]', 0, NULL);
INSERT INTO public.chargers VALUES ('1d1be8a4-3cb9-5865-9509-363f0be1732f', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'OPEN-0000', 'OPEN-0000', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 99347111, 1795383308.0296288, 1795383308.0296288, NULL, 'c22cb628-257d-4aa0-81fb-4cec9a1d0787', 0, 'PROVISIONING', 0, 1795383323.0296288, NULL, NULL, NULL, 'local-dea555-0', 1, true, false, 'waiting', 1795383308.0296288, NULL, 0, NULL, 0, NULL);
INSERT INTO public.chargers VALUES ('01356a63-f753-5b08-8d08-a55794fd3914', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'OPEN-0001', 'OPEN-0001', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1928124977, 1795383308.0296288, 1795383308.0296288, NULL, 'c22cb628-257d-4aa0-81fb-4cec9a1d0787', 1, 'PROVISIONING', 0, 1795383323.0296288, NULL, NULL, NULL, 'local-dea555-0', 1, true, false, 'waiting', 1795383308.0296288, NULL, 0, NULL, 0, NULL);
INSERT INTO public.chargers VALUES ('6586f3a1-11d9-5cdd-9d68-976e73ef1f55', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'OPEN-0002', 'OPEN-0002', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1810205579, 1795383308.0296288, 1795383308.0296288, NULL, 'c22cb628-257d-4aa0-81fb-4cec9a1d0787', 2, 'PROVISIONING', 0, 1795383323.0296288, NULL, NULL, NULL, 'local-dea555-0', 1, true, false, 'waiting', 1795383308.0296288, NULL, 0, NULL, 0, NULL);


--
-- Data for Name: commands; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: credentials; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: gateways; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.gateways VALUES ('vm-17863-922850', 1795383307.2545714);


--
-- Data for Name: hosts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.hosts VALUES ('local-dea555-0', 'pb854855c36914aac.3ad5458a5e0c4d6485d7bb70f66a4e47', 19872, 1795383322.0633433, 0, 0, 11.3, 1795383307.037064);


--
-- Data for Name: job_failures; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: job_results; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.job_results VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', '\x1f8b0800000000000403ed94cb6adc3014865fa5686dcde8624996b74db6cd2c028596608e2c696a902de34b6642c8bbf738cd501802d964196d04bf7e9ddb27f44cda29c0127cd3e67558482d0b12a14bff05565c2ca4fefd4c3a4f6a228454c629474b613455d638ea8475d4b4e0b4355c95329202bd6158bae5096fdcdcfdb8a50c17ca03f4e14a7a0c83cf53f376f2135272f98cd63efb90d07b58d30cd3b7435ae72d6e0fc7d0ac139e0c6b4a05c9ed38368f619abb3ca0fbeefbe1c0777a4bb5f62e4c4d8ed8de308476c9d34c6a8e81e1dcb47f603a76c3b119f3294ca41602ebc36e2fce66791ab742ef7113182ce51616ccd0bccea0758c83119caaaa12b494de515b4aa0daeac07d65adb75bb397f102ce96082634e59c0a712f782d55cdcc4e09f60b7debe85f317ce43bcdff1a27a7b9deefdbb99f77e10cfd98c27e9b027929de1845a35d74ccd3e82ba02a80c4fa18a3d144e1a52b83712de67d871147f98ad1267d31fa744632fa582ac768054c52a539500bf844c09b28b50ed696fe7d46db7bbc62b4495f8c3e8dd1c3e523c46fefe1e52f93adccdc28050000');


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.jobs VALUES ('73422af6-2678-498c-aa9b-91fbe3ca827b', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'charger_bulk_create', 'READY', NULL, NULL, 3, 3, 3, 0, NULL, NULL, '0ddd497afd6c0e1248a35d7a0bebd22baf789e8cb289b94c5e5b59d153c14567', 1795383307.301, 1795383307.783815, 1795383307.783815);
INSERT INTO public.jobs VALUES ('c22cb628-257d-4aa0-81fb-4cec9a1d0787', 'default', 'cb01a721-5882-43db-943a-696e1d899d90', 'charger_bulk_create', 'PROVISIONING', 'settle', '{"groups":[{"template":{"brand_slug":"wallbox","model_slug":"wallbox-pulsar-plus","connector_type":"Type2","ocpp_version":"OCPP1.6","ws_url":"ws://csms.example/ocpp","security_profile":0,"credentials_id":null},"chargers":[["OPEN-0000","OPEN-0000"],["OPEN-0001","OPEN-0001"],["OPEN-0002","OPEN-0002"]]}]}', 3, 3, 0, 0, NULL, NULL, '58ce1a4369d061e225f4f2a79804e1b53484bf512f87e80828a936fb35ec6e75', 1795383307.744717, 1795383308.064265, NULL);


--
-- Data for Name: locations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.locations VALUES ('cb01a721-5882-43db-943a-696e1d899d90', 'default', 'depot-f6a5538f', 'Depot', '1 Main Street', 'Utrecht', 'NL', 52.1, 5.1, NULL, NULL, false, 'active', 1795383307.2793405, 1795383307.2793405);


--
-- Data for Name: ocpp_frames; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: organization_quotas; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schema_version_frames; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_version_frames VALUES ('20261122_frames');


--
-- Data for Name: schema_version_main; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_version_main VALUES ('20261126_tenants');


--
-- Data for Name: station_memory; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Name: audit_log_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.audit_log_id_seq', 3, true);


--
-- Name: commands_seq_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.commands_seq_seq', 1, false);


--
-- Name: ocpp_frames_id_seq; Type: SEQUENCE SET; Schema: public; Owner: -
--

SELECT pg_catalog.setval('public.ocpp_frames_id_seq', 1, false);


--
-- Name: application_versions application_versions_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.application_versions
    ADD CONSTRAINT application_versions_pkey PRIMARY KEY (version_id);


--
-- Name: application_versions application_versions_version_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.application_versions
    ADD CONSTRAINT application_versions_version_name_key UNIQUE (version_name);


--
-- Name: dbos_migrations dbos_migrations_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.dbos_migrations
    ADD CONSTRAINT dbos_migrations_pkey PRIMARY KEY (version);


--
-- Name: event_dispatch_kv event_dispatch_kv_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.event_dispatch_kv
    ADD CONSTRAINT event_dispatch_kv_pkey PRIMARY KEY (service_name, workflow_fn_name, key);


--
-- Name: notifications notifications_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.notifications
    ADD CONSTRAINT notifications_pkey PRIMARY KEY (message_uuid);


--
-- Name: operation_outputs operation_outputs_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.operation_outputs
    ADD CONSTRAINT operation_outputs_pkey PRIMARY KEY (workflow_uuid, function_id);


--
-- Name: queues queues_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.queues
    ADD CONSTRAINT queues_name_key UNIQUE (name);


--
-- Name: queues queues_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.queues
    ADD CONSTRAINT queues_pkey PRIMARY KEY (queue_id);


--
-- Name: streams streams_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.streams
    ADD CONSTRAINT streams_pkey PRIMARY KEY (workflow_uuid, key, "offset");


--
-- Name: workflow_events_history workflow_events_history_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events_history
    ADD CONSTRAINT workflow_events_history_pkey PRIMARY KEY (workflow_uuid, function_id, key);


--
-- Name: workflow_events workflow_events_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events
    ADD CONSTRAINT workflow_events_pkey PRIMARY KEY (workflow_uuid, key);


--
-- Name: workflow_input workflow_input_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_input
    ADD CONSTRAINT workflow_input_pkey PRIMARY KEY (workflow_uuid);


--
-- Name: workflow_output workflow_output_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_output
    ADD CONSTRAINT workflow_output_pkey PRIMARY KEY (workflow_uuid);


--
-- Name: workflow_schedules workflow_schedules_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_schedules
    ADD CONSTRAINT workflow_schedules_pkey PRIMARY KEY (schedule_id);


--
-- Name: workflow_schedules workflow_schedules_schedule_name_key; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_schedules
    ADD CONSTRAINT workflow_schedules_schedule_name_key UNIQUE (schedule_name);


--
-- Name: workflow_status workflow_status_pkey; Type: CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_status
    ADD CONSTRAINT workflow_status_pkey PRIMARY KEY (workflow_uuid);


--
-- Name: audit_log pk_audit_log; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.audit_log
    ADD CONSTRAINT pk_audit_log PRIMARY KEY (id);


--
-- Name: chargers pk_chargers; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.chargers
    ADD CONSTRAINT pk_chargers PRIMARY KEY (id);


--
-- Name: commands pk_commands; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.commands
    ADD CONSTRAINT pk_commands PRIMARY KEY (seq);


--
-- Name: credentials pk_credentials; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.credentials
    ADD CONSTRAINT pk_credentials PRIMARY KEY (id);


--
-- Name: gateways pk_gateways; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.gateways
    ADD CONSTRAINT pk_gateways PRIMARY KEY (id);


--
-- Name: hosts pk_hosts; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.hosts
    ADD CONSTRAINT pk_hosts PRIMARY KEY (id);


--
-- Name: job_failures pk_job_failures; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_failures
    ADD CONSTRAINT pk_job_failures PRIMARY KEY (job_id, identity);


--
-- Name: job_results pk_job_results; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_results
    ADD CONSTRAINT pk_job_results PRIMARY KEY (job_id);


--
-- Name: jobs pk_jobs; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.jobs
    ADD CONSTRAINT pk_jobs PRIMARY KEY (id);


--
-- Name: locations pk_locations; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.locations
    ADD CONSTRAINT pk_locations PRIMARY KEY (id);


--
-- Name: ocpp_frames pk_ocpp_frames; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ocpp_frames
    ADD CONSTRAINT pk_ocpp_frames PRIMARY KEY (id);


--
-- Name: organization_quotas pk_organization_quotas; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.organization_quotas
    ADD CONSTRAINT pk_organization_quotas PRIMARY KEY (organization_id);


--
-- Name: station_memory pk_station_memory; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.station_memory
    ADD CONSTRAINT pk_station_memory PRIMARY KEY (charger_id);


--
-- Name: schema_version_frames schema_version_frames_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_version_frames
    ADD CONSTRAINT schema_version_frames_pkc PRIMARY KEY (version_num);


--
-- Name: schema_version_main schema_version_main_pkc; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.schema_version_main
    ADD CONSTRAINT schema_version_main_pkc PRIMARY KEY (version_num);


--
-- Name: idx_application_versions_owner_timestamp; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_application_versions_owner_timestamp ON dbos.application_versions USING btree (application_name, version_timestamp DESC);


--
-- Name: idx_application_versions_timestamp; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_application_versions_timestamp ON dbos.application_versions USING btree (version_timestamp DESC);


--
-- Name: idx_operation_outputs_completed_at_function_name_v2; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_operation_outputs_completed_at_function_name_v2 ON dbos.operation_outputs USING btree (completed_at_epoch_ms, function_name) INCLUDE (application_name);


--
-- Name: idx_operation_outputs_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_operation_outputs_retention ON dbos.operation_outputs USING btree (retention_timestamp);


--
-- Name: idx_workflow_input_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_input_retention ON dbos.workflow_input USING btree (retention_timestamp);


--
-- Name: idx_workflow_output_retention; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_output_retention ON dbos.workflow_output USING btree (retention_timestamp);


--
-- Name: idx_workflow_status_attributes; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_attributes ON dbos.workflow_status USING gin (attributes) WHERE (attributes IS NOT NULL);


--
-- Name: idx_workflow_status_completed_at; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_completed_at ON dbos.workflow_status USING btree (completed_at) WHERE (completed_at IS NOT NULL);


--
-- Name: idx_workflow_status_deadline; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_deadline ON dbos.workflow_status USING btree (workflow_deadline_epoch_ms) WHERE ((status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text, 'DELAYED'::text])) AND (workflow_deadline_epoch_ms IS NOT NULL));


--
-- Name: idx_workflow_status_delayed; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_delayed ON dbos.workflow_status USING btree (delay_until_epoch_ms) WHERE (status = 'DELAYED'::text);


--
-- Name: idx_workflow_status_failed; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_failed ON dbos.workflow_status USING btree (status, created_at) WHERE (status = ANY (ARRAY['ERROR'::text, 'CANCELLED'::text, 'MAX_RECOVERY_ATTEMPTS_EXCEEDED'::text]));


--
-- Name: idx_workflow_status_forked_from; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_forked_from ON dbos.workflow_status USING btree (forked_from) WHERE (forked_from IS NOT NULL);


--
-- Name: idx_workflow_status_in_flight_v2; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_in_flight_v2 ON dbos.workflow_status USING btree (queue_name, status, priority, created_at) INCLUDE (application_name) WHERE (status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text]));


--
-- Name: idx_workflow_status_parent_workflow_id; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_parent_workflow_id ON dbos.workflow_status USING btree (parent_workflow_id) WHERE (parent_workflow_id IS NOT NULL);


--
-- Name: idx_workflow_status_partition_dequeue_v3; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_partition_dequeue_v3 ON dbos.workflow_status USING btree (queue_name, status, queue_partition_key, priority, created_at, workflow_uuid) INCLUDE (application_name) WHERE ((status = ANY (ARRAY['ENQUEUED'::text, 'PENDING'::text])) AND (queue_partition_key IS NOT NULL));


--
-- Name: idx_workflow_status_pending; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_pending ON dbos.workflow_status USING btree (created_at) WHERE (status = 'PENDING'::text);


--
-- Name: idx_workflow_status_rate_limited; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_rate_limited ON dbos.workflow_status USING btree (queue_name, started_at_epoch_ms) WHERE (rate_limited = true);


--
-- Name: idx_workflow_status_schedule_name; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_schedule_name ON dbos.workflow_status USING btree (schedule_name) WHERE (schedule_name IS NOT NULL);


--
-- Name: idx_workflow_status_started_at; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_status_started_at ON dbos.workflow_status USING btree (started_at_epoch_ms) WHERE (started_at_epoch_ms IS NOT NULL);


--
-- Name: idx_workflow_topic; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX idx_workflow_topic ON dbos.notifications USING btree (destination_uuid, topic);


--
-- Name: uq_application_versions_owner_version; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX uq_application_versions_owner_version ON dbos.application_versions USING btree (application_name, version_name) WHERE (application_name IS NOT NULL);


--
-- Name: uq_application_versions_unclaimed_version; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX uq_application_versions_unclaimed_version ON dbos.application_versions USING btree (version_name) WHERE (application_name IS NULL);


--
-- Name: uq_workflow_status_dedup_id; Type: INDEX; Schema: dbos; Owner: -
--

CREATE UNIQUE INDEX uq_workflow_status_dedup_id ON dbos.workflow_status USING btree (queue_name, deduplication_id) WHERE (deduplication_id IS NOT NULL);


--
-- Name: workflow_status_created_at_index; Type: INDEX; Schema: dbos; Owner: -
--

CREATE INDEX workflow_status_created_at_index ON dbos.workflow_status USING btree (created_at);


--
-- Name: ix_audit_log_organization_id_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_log_organization_id_id ON public.audit_log USING btree (organization_id, id);


--
-- Name: ix_audit_log_refused; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_audit_log_refused ON public.audit_log USING btree (id) WHERE (outcome <> 'done'::text);


--
-- Name: ix_chargers_credentials_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_chargers_credentials_id ON public.chargers USING btree (credentials_id) WHERE (credentials_id IS NOT NULL);


--
-- Name: ix_chargers_host_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_chargers_host_id ON public.chargers USING btree (host_id);


--
-- Name: ix_chargers_job_id_provisioning; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_chargers_job_id_provisioning ON public.chargers USING btree (job_id, provisioning);


--
-- Name: ix_chargers_leaving; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_chargers_leaving ON public.chargers USING btree (organization_id, identity) WHERE (deleted_at IS NOT NULL);


--
-- Name: ix_chargers_location_id_created_at_position; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_chargers_location_id_created_at_position ON public.chargers USING btree (location_id, created_at, "position");


--
-- Name: ix_chargers_organization_id_created_at_position; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_chargers_organization_id_created_at_position ON public.chargers USING btree (organization_id, created_at, "position");


--
-- Name: ix_chargers_unsynced; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_chargers_unsynced ON public.chargers USING btree (host_id) WHERE (NOT synced);


--
-- Name: ix_commands_charger_id_seq; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_commands_charger_id_seq ON public.commands USING btree (charger_id, seq);


--
-- Name: ix_commands_id; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX ix_commands_id ON public.commands USING btree (id);


--
-- Name: ix_commands_queued; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_commands_queued ON public.commands USING btree (charger_id, expires_at) WHERE (state = 'queued'::text);


--
-- Name: ix_commands_sent; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_commands_sent ON public.commands USING btree (host_id, updated_at) WHERE (state = 'sent'::text);


--
-- Name: ix_jobs_open; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_jobs_open ON public.jobs USING btree (updated_at) WHERE (status = ANY (ARRAY['PENDING'::text, 'PROVISIONING'::text]));


--
-- Name: ix_locations_organization_id_created_at_id; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_locations_organization_id_created_at_id ON public.locations USING btree (organization_id, created_at, id);


--
-- Name: ix_ocpp_frames_charger_id_at; Type: INDEX; Schema: public; Owner: -
--

CREATE INDEX ix_ocpp_frames_charger_id_at ON public.ocpp_frames USING btree (charger_id, at);


--
-- Name: uq_chargers_identity; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX uq_chargers_identity ON public.chargers USING btree (organization_id, identity) WHERE (deleted_at IS NULL);


--
-- Name: uq_jobs_idempotency_key; Type: INDEX; Schema: public; Owner: -
--

CREATE UNIQUE INDEX uq_jobs_idempotency_key ON public.jobs USING btree (organization_id, idempotency_key) WHERE (idempotency_key IS NOT NULL);


--
-- Name: notifications dbos_notifications_trigger; Type: TRIGGER; Schema: dbos; Owner: -
--

CREATE TRIGGER dbos_notifications_trigger AFTER INSERT ON dbos.notifications FOR EACH ROW EXECUTE FUNCTION dbos.notifications_function();


--
-- Name: notifications notifications_destination_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.notifications
    ADD CONSTRAINT notifications_destination_uuid_fkey FOREIGN KEY (destination_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: streams streams_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.streams
    ADD CONSTRAINT streams_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: workflow_events_history workflow_events_history_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events_history
    ADD CONSTRAINT workflow_events_history_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: workflow_events workflow_events_workflow_uuid_fkey; Type: FK CONSTRAINT; Schema: dbos; Owner: -
--

ALTER TABLE ONLY dbos.workflow_events
    ADD CONSTRAINT workflow_events_workflow_uuid_fkey FOREIGN KEY (workflow_uuid) REFERENCES dbos.workflow_status(workflow_uuid) ON UPDATE CASCADE ON DELETE CASCADE;


--
-- Name: job_failures fk_job_failures_job_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_failures
    ADD CONSTRAINT fk_job_failures_job_id FOREIGN KEY (job_id) REFERENCES public.jobs(id) ON DELETE CASCADE;


--
-- Name: job_results fk_job_results_job_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.job_results
    ADD CONSTRAINT fk_job_results_job_id FOREIGN KEY (job_id) REFERENCES public.jobs(id) ON DELETE CASCADE;


--
-- Name: station_memory fk_station_memory_charger_id; Type: FK CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.station_memory
    ADD CONSTRAINT fk_station_memory_charger_id FOREIGN KEY (charger_id) REFERENCES public.chargers(id) ON DELETE CASCADE;


--
-- PostgreSQL database dump complete
--


