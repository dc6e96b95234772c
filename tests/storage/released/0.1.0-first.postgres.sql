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
    connectors text
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
-- Name: ocpp_frames id; Type: DEFAULT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.ocpp_frames ALTER COLUMN id SET DEFAULT nextval('public.ocpp_frames_id_seq'::regclass);


--
-- Data for Name: application_versions; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.application_versions VALUES ('5c6897e8-2a2f-44aa-99b4-8c68ff9b64fa', 'provision-1', 1795383212263, 1795383212263, 'voltfleet');


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

INSERT INTO dbos.operation_outputs VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 1, 'begin', 'gASILg==', NULL, NULL, 1795383213626, 1795383213634, 'py_pickle', 'voltfleet', 1795383213642);
INSERT INTO dbos.operation_outputs VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 2, 'register', 'gARLAC4=', NULL, NULL, 1795383213671, 1795383213790, 'py_pickle', 'voltfleet', 1795383213792);
INSERT INTO dbos.operation_outputs VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 3, 'settle', 'gAROLg==', NULL, NULL, 1795383213818, 1795383213954, 'py_pickle', 'voltfleet', 1795383213966);
INSERT INTO dbos.operation_outputs VALUES ('50e80ec9-6c3b-4463-9305-f735d2dacb40', 1, 'begin', 'gASILg==', NULL, NULL, 1795383214086, 1795383214113, 'py_pickle', 'voltfleet', 1795383214123);
INSERT INTO dbos.operation_outputs VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 4, 'finish', 'gAROLg==', NULL, NULL, 1795383214003, 1795383214122, 'py_pickle', 'voltfleet', 1795383214126);
INSERT INTO dbos.operation_outputs VALUES ('50e80ec9-6c3b-4463-9305-f735d2dacb40', 2, 'register', 'gARLAC4=', NULL, NULL, 1795383214141, 1795383214214, 'py_pickle', 'voltfleet', 1795383214215);


--
-- Data for Name: queues; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.queues VALUES ('0127a56f-4750-46b9-a54d-b85f2b47c312', 'jobs', NULL, 32, NULL, NULL, true, false, 0.1, 1795383212469, 1795383212336, 'voltfleet', NULL, NULL, NULL, NULL);


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

INSERT INTO dbos.workflow_input VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 'gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCQ2MmY4ZjQwZi1hYmRmLTRlNDItYmY1ZC04YmQ3NDY1ODBmNmOUhZSMBmt3YXJnc5R9lHUu', 1795383213210);
INSERT INTO dbos.workflow_input VALUES ('50e80ec9-6c3b-4463-9305-f735d2dacb40', 'gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCQ1MGU4MGVjOS02YzNiLTQ0NjMtOTMwNS1mNzM1ZDJkYWNiNDCUhZSMBmt3YXJnc5R9lHUu', 1795383213918);


--
-- Data for Name: workflow_output; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_output VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 'gAROLg==', NULL, 1795383214166);


--
-- Data for Name: workflow_schedules; Type: TABLE DATA; Schema: dbos; Owner: -
--



--
-- Data for Name: workflow_status; Type: TABLE DATA; Schema: dbos; Owner: -
--

INSERT INTO dbos.workflow_status VALUES ('50e80ec9-6c3b-4463-9305-f735d2dacb40', 'PENDING', 'provision', NULL, NULL, NULL, NULL, NULL, NULL, 'vm-16272-ce1bc9', 1795383213918, 1795383214027, 'provision-1', NULL, NULL, NULL, 1, 'jobs', NULL, NULL, NULL, 1795383214027, NULL, 0, NULL, NULL, 'bbfdc2e5-593c-4c36-acdb-62a332cdaca5', NULL, 'py_pickle', NULL, false, false, NULL, 'null', NULL, NULL, false, 'voltfleet', 'f0d5b1f7-2f67-415f-bfd3-d1102bd6b5a3');
INSERT INTO dbos.workflow_status VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 'SUCCESS', 'provision', NULL, NULL, NULL, NULL, NULL, NULL, 'vm-16272-ce1bc9', 1795383213210, 1795383214166, 'provision-1', NULL, NULL, NULL, 1, 'jobs', NULL, NULL, NULL, 1795383213543, NULL, 0, NULL, NULL, NULL, NULL, 'py_pickle', NULL, false, false, 1795383214166, 'null', NULL, NULL, false, 'voltfleet', 'e70524e2-790a-4659-9d5a-c6de0418773e');


--
-- Data for Name: chargers; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.chargers VALUES ('ece635c8-63da-5f36-9cb2-ed16bce4c9d0', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'DONE-0000', 'DONE-0000', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1256584132, 1795383213.678454, 1795383213.678454, NULL, '62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 0, 'READY', 0, 1795383228.678454, NULL, NULL, 1795383213.8272698, 'local-0', 1, true, true, 'connecting', 1795383213.826549, NULL, 1, '[[1,1,"Available",null,1795383213.8094501]]');
INSERT INTO public.chargers VALUES ('189a7ba3-8447-523c-b265-b774d5fbc753', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'DONE-0001', 'DONE-0001', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1038271314, 1795383213.678454, 1795383213.678454, NULL, '62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 1, 'READY', 0, 1795383228.678454, NULL, NULL, 1795383213.8272698, 'local-0', 1, true, true, 'connecting', 1795383213.826549, NULL, 1, '[[1,1,"Available",null,1795383213.826391]]');
INSERT INTO public.chargers VALUES ('89506925-12a0-5dd6-a212-c93e8c4f9805', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'DONE-0002', 'DONE-0002', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 619418344, 1795383213.678454, 1795383213.678454, NULL, '62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 2, 'READY', 0, 1795383228.678454, NULL, NULL, 1795383213.8272698, 'local-0', 1, true, true, 'connecting', 1795383213.826549, NULL, 1, '[[1,1,"Available",null,1795383213.826442]]');
INSERT INTO public.chargers VALUES ('cd5a8b69-b04d-5cb0-8fd3-5add80aa34ca', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'OPEN-0000', 'OPEN-0000', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 99347111, 1795383214.174191, 1795383214.174191, NULL, '50e80ec9-6c3b-4463-9305-f735d2dacb40', 0, 'PROVISIONING', 0, 1795383229.174191, NULL, NULL, NULL, 'local-0', 1, true, false, 'waiting', 1795383214.174191, NULL, 0, NULL);
INSERT INTO public.chargers VALUES ('572bf849-c9d6-535e-82a6-2a490aa0f7ee', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'OPEN-0001', 'OPEN-0001', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1928124977, 1795383214.174191, 1795383214.174191, NULL, '50e80ec9-6c3b-4463-9305-f735d2dacb40', 1, 'PROVISIONING', 0, 1795383229.174191, NULL, NULL, NULL, 'local-0', 1, true, false, 'waiting', 1795383214.174191, NULL, 0, NULL);
INSERT INTO public.chargers VALUES ('dcba5f29-1fad-50bb-b3cb-341589cb0913', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'OPEN-0002', 'OPEN-0002', NULL, 'wallbox', 'wallbox-pulsar-plus', 'Type2', 'OCPP1.6', 'ws://csms.example/ocpp', 1810205579, 1795383214.174191, 1795383214.174191, NULL, '50e80ec9-6c3b-4463-9305-f735d2dacb40', 2, 'PROVISIONING', 0, 1795383229.174191, NULL, NULL, NULL, 'local-0', 1, true, false, 'waiting', 1795383214.174191, NULL, 0, NULL);


--
-- Data for Name: gateways; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.gateways VALUES ('vm-16272-ce1bc9', 1795383213.618019);


--
-- Data for Name: hosts; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.hosts VALUES ('local-0', 'c6fa21e32321437c89662cfc32788c3b', 19872, 1795383228.0622785, 0, 0, 9.7, 1795383213.0458913);


--
-- Data for Name: job_failures; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: job_results; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.job_results VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', '\x1f8b0800000000000403ed944b6bdc3010c7bf4ad1d9b36b3dfdb836b9367b08145a82193dbc35c896f123bb21e4bb779c66292c815c728c1008fefa6b46333fa167e6a6804bf08d4bebb0b05a66acc52efe17f2ec6261f5ef67d67956b3e08291da9560a447d0ad3450392b20786eac0bca553e671979c3b074cb139db8b9fb710b390d9207ecc395f418069fa6e66de727c668d399ac7df22192f7b0c619a76f87b8ce5bdc1e8fa15927da19d6183396dc38368f619abb3490fbeefbe1c077664bb5f6364c4d6aa9bc61086e49d3cc6a4e81f1dcb83f381dbbe1d88ce91426560b41f7a36a2fce66791ab78bded32228584c0e17cad0bcf64071e4dc2b0715962d28a13960a538b4ad71b6e052b5c6d2a14b7b917acb442e0c700e42dc0b5e4b4973678af217f9d6d1bf62f8c8779aff15ce4e73bddfbbb99f77e18cfd18c37eeb027bc9de18f1b2c2c2a28452a902b4900eac301a6c5128af5beb0a2d29ef3b8c38c9578c36e98bd1a7332a2b9d9b4a68e00273d0de1b40c105b84a86d2a9b62a73fd3ea3ed3d5e31daa42f469fc6e8e1f211d2b7f7f0f217c06cc24928050000');


--
-- Data for Name: jobs; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.jobs VALUES ('62f8f40f-abdf-4e42-bf5d-8bd746580f6c', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'charger_bulk_create', 'READY', NULL, NULL, 3, 3, 3, 0, NULL, NULL, '1fd4ddc92427358c348a182b3c12733c4e67a566c8b4fa1040c3ea06688ae666', 1795383213.1979632, 1795383214.0497224, 1795383214.0497224);
INSERT INTO public.jobs VALUES ('50e80ec9-6c3b-4463-9305-f735d2dacb40', 'default', '41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'charger_bulk_create', 'PROVISIONING', 'settle', '{"groups":[{"template":{"brand_slug":"wallbox","model_slug":"wallbox-pulsar-plus","connector_type":"Type2","ocpp_version":"OCPP1.6","ws_url":"ws://csms.example/ocpp"},"chargers":[["OPEN-0000","OPEN-0000"],["OPEN-0001","OPEN-0001"],["OPEN-0002","OPEN-0002"]]}]}', 3, 3, 0, 0, NULL, NULL, '6b64642b0a99a4478b7a6dcc3947164bcab7ec4c5d92b2f4213eea9cf5ceaad1', 1795383213.914197, 1795383214.2348638, NULL);


--
-- Data for Name: locations; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.locations VALUES ('41a11d4c-9a8f-4251-a941-ff6cb7134f6b', 'default', 'depot-15ac4124', 'Depot', '1 Main Street', 'Utrecht', 'NL', 52.1, 5.1, NULL, NULL, false, 'active', 1795383213.157841, 1795383213.157841);


--
-- Data for Name: ocpp_frames; Type: TABLE DATA; Schema: public; Owner: -
--



--
-- Data for Name: schema_version_frames; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_version_frames VALUES ('20261122_frames');


--
-- Data for Name: schema_version_main; Type: TABLE DATA; Schema: public; Owner: -
--

INSERT INTO public.schema_version_main VALUES ('20261122_main');


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
-- Name: chargers pk_chargers; Type: CONSTRAINT; Schema: public; Owner: -
--

ALTER TABLE ONLY public.chargers
    ADD CONSTRAINT pk_chargers PRIMARY KEY (id);


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
-- PostgreSQL database dump complete
--


