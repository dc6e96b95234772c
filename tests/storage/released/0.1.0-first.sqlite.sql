BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('d888afb9-ade6-4549-a30d-e729c2664342','provision-1',1795383186000,1795383186000,'voltfleet');
CREATE TABLE chargers (
	id TEXT NOT NULL, 
	organization_id TEXT NOT NULL, 
	location_id TEXT, 
	identity TEXT NOT NULL, 
	name TEXT, 
	location_name TEXT, 
	brand_slug TEXT NOT NULL, 
	model_slug TEXT NOT NULL, 
	connector_type TEXT NOT NULL, 
	ocpp_version TEXT NOT NULL, 
	ws_url TEXT NOT NULL, 
	seed INTEGER NOT NULL, 
	created_at DOUBLE NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	deleted_at DOUBLE, 
	job_id TEXT, 
	position INTEGER NOT NULL, 
	provisioning TEXT NOT NULL, 
	attempt INTEGER NOT NULL, 
	next_attempt_at DOUBLE NOT NULL, 
	error_code TEXT, 
	error TEXT, 
	provisioned_at DOUBLE, 
	host_id TEXT, 
	generation INTEGER NOT NULL, 
	running BOOLEAN NOT NULL, 
	synced BOOLEAN NOT NULL, 
	connection_state TEXT NOT NULL, 
	connection_since DOUBLE NOT NULL, 
	connection_error TEXT, 
	connection_attempts INTEGER NOT NULL, 
	connectors TEXT, 
	CONSTRAINT pk_chargers PRIMARY KEY (id)
);
INSERT INTO "chargers" VALUES('e011450a-508c-5b3c-b947-5ce133f2a4d1','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','DONE-0000','DONE-0000',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1256584132,1.79538318781738352779e+09,1.79538318781738352779e+09,NULL,'1a708b67-db0b-4515-aefb-dbe050e08ba9',0,'READY',0,1.7953832028173835277e+09,NULL,NULL,1.79538318798525905603e+09,'local-0',1,1,1,'waiting',1.79538318788444066042e+09,'could not resolve host csms.example: check ws_url and the name server',1,'[[1,1,"Available",null,1795383187.8732338]]');
INSERT INTO "chargers" VALUES('6e114d18-4d01-5d7d-b0e2-947cb9879ac1','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','DONE-0001','DONE-0001',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1038271314,1.79538318781738352779e+09,1.79538318781738352779e+09,NULL,'1a708b67-db0b-4515-aefb-dbe050e08ba9',1,'READY',0,1.7953832028173835277e+09,NULL,NULL,1.79538318798525905603e+09,'local-0',1,1,1,'waiting',1.79538318788447523116e+09,'could not resolve host csms.example: check ws_url and the name server',1,'[[1,1,"Available",null,1795383187.883997]]');
INSERT INTO "chargers" VALUES('0ae06add-3d42-5153-a3f9-2e9847e0e418','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','DONE-0002','DONE-0002',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',619418344,1.79538318781738352779e+09,1.79538318781738352779e+09,NULL,'1a708b67-db0b-4515-aefb-dbe050e08ba9',2,'READY',0,1.7953832028173835277e+09,NULL,NULL,1.79538318798525905603e+09,'local-0',1,1,1,'waiting',1.79538318788448929786e+09,'could not resolve host csms.example: check ws_url and the name server',1,'[[1,1,"Available",null,1795383187.8840466]]');
INSERT INTO "chargers" VALUES('0886cc47-72d8-53bc-87e5-6a29500d109d','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','OPEN-0000','OPEN-0000',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',99347111,1.79538318825223732e+09,1.79538318825223732e+09,NULL,'20673935-06f6-40c9-8900-2b806a2e4f59',0,'PROVISIONING',0,1.79538320325223731991e+09,NULL,NULL,NULL,'local-0',1,1,0,'waiting',1.79538318825223732e+09,NULL,0,NULL);
INSERT INTO "chargers" VALUES('e0272531-5f5b-5df9-88b1-25bef9f9ee26','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','OPEN-0001','OPEN-0001',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1928124977,1.79538318825223732e+09,1.79538318825223732e+09,NULL,'20673935-06f6-40c9-8900-2b806a2e4f59',1,'PROVISIONING',0,1.79538320325223731991e+09,NULL,NULL,NULL,'local-0',1,1,0,'waiting',1.79538318825223732e+09,NULL,0,NULL);
INSERT INTO "chargers" VALUES('962018d5-1a5b-5bc8-8a48-54f6dfd131a2','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','OPEN-0002','OPEN-0002',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1810205579,1.79538318825223732e+09,1.79538318825223732e+09,NULL,'20673935-06f6-40c9-8900-2b806a2e4f59',2,'PROVISIONING',0,1.79538320325223731991e+09,NULL,NULL,NULL,'local-0',1,1,0,'waiting',1.79538318825223732e+09,NULL,0,NULL);
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE gateways (
	id TEXT NOT NULL, 
	seen_at DOUBLE NOT NULL, 
	CONSTRAINT pk_gateways PRIMARY KEY (id)
);
INSERT INTO "gateways" VALUES('vm-15907-c29c09',1.7953831875428590774e+09);
CREATE TABLE hosts (
	id TEXT NOT NULL, 
	boot_id TEXT NOT NULL, 
	capacity INTEGER NOT NULL, 
	lease_until DOUBLE NOT NULL, 
	stations INTEGER NOT NULL, 
	online INTEGER NOT NULL, 
	lag_ms DOUBLE NOT NULL, 
	connected_at DOUBLE NOT NULL, 
	CONSTRAINT pk_hosts PRIMARY KEY (id)
);
INSERT INTO "hosts" VALUES('local-0','9f846975c113481f9b1036149b8c8fc2',19872,1.79538320208139729502e+09,0,0,27.0,1.79538318703117442129e+09);
CREATE TABLE job_failures (
	job_id TEXT NOT NULL, 
	identity TEXT NOT NULL, 
	code TEXT NOT NULL, 
	error TEXT NOT NULL, 
	CONSTRAINT pk_job_failures PRIMARY KEY (job_id, identity), 
	CONSTRAINT fk_job_failures_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
CREATE TABLE job_results (
	job_id TEXT NOT NULL, 
	body BLOB NOT NULL, 
	CONSTRAINT pk_job_results PRIMARY KEY (job_id), 
	CONSTRAINT fk_job_results_job_id FOREIGN KEY(job_id) REFERENCES jobs (id) ON DELETE CASCADE
);
INSERT INTO "job_results" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9',X'1F8B0800000000000403ED944B6BDC301485FF4AD1DA77462F3FB749B7CD2C02859660AEA5EBA941B68C1F990921FFBDD76986C2D0D04D96F146707474A57B3E59CFC24D840BF9DAC57558446512D16217FE0A32B95844F5F359745E5482A452369508A92C1CA48D71D0943687D49132A6D568BD12097B6958BAE58957DCDE7DFB0A923F9607ECE94A7AA4C1C7A97E9BF98E2134F1CCD63E7A0AEC3DAC61C6E9CB21ACF356B7C723D5EBC433C31A4222A21BC7FA91A6B98B03BBEF6E0E07B5CBB6ADD6BEA1A98E2DB7370CE49638CDA2525C18CFB5FB85D3B11B8EF5184F34894A6B3E1F777B71D6CBD3B81DF49E07CDC54274B8F00EF56B0646F9AC306441E69483355A03DAD603E6B2458548ADDE165DE245CE5668A933500AB4BED7AA32A692F9AE50F90FF6ADA37FC5F03FDF69FED3B838CDD57EEFE67EDED119FB31D07E4B41BC246F8C3262465E1560BD5490FADC4323490373724D59E425BA77186DF215A34DFA64F4E18C2492CCD07B30DE6A48556A004D5B82A6B2B03949B2AAE0E4FFF11F6D57EB8AD1267D32FA30460F9787909FBD8797DF8987EEB728050000');
CREATE TABLE jobs (
	id TEXT NOT NULL, 
	organization_id TEXT NOT NULL, 
	location_id TEXT, 
	kind TEXT NOT NULL, 
	status TEXT NOT NULL, 
	current_step TEXT, 
	request TEXT, 
	total INTEGER NOT NULL, 
	registered INTEGER NOT NULL, 
	created_count INTEGER NOT NULL, 
	failed_count INTEGER NOT NULL, 
	error TEXT, 
	idempotency_key TEXT, 
	request_hash TEXT, 
	created_at DOUBLE NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	provisioned_at DOUBLE, 
	CONSTRAINT pk_jobs PRIMARY KEY (id)
);
INSERT INTO "jobs" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','charger_bulk_create','READY',NULL,NULL,3,3,3,0,NULL,NULL,'ae49c8cb3bd4247d51bccc822cb4cf447fc6f93bd3b0cbf47da8510bbcca3a6b',1.79538318772638940809e+09,1.7953831880918569565e+09,1.7953831880918569565e+09);
INSERT INTO "jobs" VALUES('20673935-06f6-40c9-8900-2b806a2e4f59','default','31d683e4-07e7-4322-a4fd-a70fa1aaef22','charger_bulk_create','PROVISIONING','settle','{"groups":[{"template":{"brand_slug":"wallbox","model_slug":"wallbox-pulsar-plus","connector_type":"Type2","ocpp_version":"OCPP1.6","ws_url":"ws://csms.example/ocpp"},"chargers":[["OPEN-0000","OPEN-0000"],["OPEN-0001","OPEN-0001"],["OPEN-0002","OPEN-0002"]]}]}',3,3,0,0,NULL,NULL,'096db480684192076e6bdbf78ce07c46652ef7527c7da3bb6b3bb171a94106f6',1.79538318811389327042e+09,1.79538318828544735906e+09,NULL);
CREATE TABLE locations (
	id TEXT NOT NULL, 
	organization_id TEXT NOT NULL, 
	slug TEXT NOT NULL, 
	name TEXT NOT NULL, 
	address TEXT NOT NULL, 
	city TEXT NOT NULL, 
	country TEXT NOT NULL, 
	latitude DOUBLE NOT NULL, 
	longitude DOUBLE NOT NULL, 
	timezone TEXT, 
	owner_name TEXT, 
	public BOOLEAN NOT NULL, 
	status TEXT NOT NULL, 
	created_at DOUBLE NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	CONSTRAINT pk_locations PRIMARY KEY (id)
);
INSERT INTO "locations" VALUES('31d683e4-07e7-4322-a4fd-a70fa1aaef22','default','depot-a7a93f9a','Depot','1 Main Street','Utrecht','NL',52.1,5.1,NULL,NULL,0,'active',1.79538318767608094219e+09,1.79538318767608094219e+09);
CREATE TABLE notifications (
    message_uuid TEXT NOT NULL DEFAULT (hex(randomblob(16))) PRIMARY KEY,
    destination_uuid TEXT NOT NULL,
    topic TEXT,
    message TEXT NOT NULL,
    created_at_epoch_ms INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000), "serialization" TEXT DEFAULT NULL, "consumed" BOOLEAN NOT NULL DEFAULT FALSE, consumed_by_function_id INTEGER,
    FOREIGN KEY (destination_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE "operation_outputs" (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    function_name TEXT NOT NULL DEFAULT '',
    output TEXT,
    error TEXT,
    child_workflow_id TEXT,
    started_at_epoch_ms INTEGER,
    completed_at_epoch_ms INTEGER,
    serialization TEXT,
    application_name TEXT DEFAULT NULL,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    PRIMARY KEY (workflow_uuid, function_id)
);
INSERT INTO "operation_outputs" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9',1,'begin','gASILg==',NULL,NULL,1795383187801,1795383187808,'py_pickle','voltfleet',1795383187000);
INSERT INTO "operation_outputs" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9',2,'register','gARLAC4=',NULL,NULL,1795383187816,1795383187861,'py_pickle','voltfleet',1795383187000);
INSERT INTO "operation_outputs" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9',3,'settle','gAROLg==',NULL,NULL,1795383187863,1795383188086,'py_pickle','voltfleet',1795383188000);
INSERT INTO "operation_outputs" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9',4,'finish','gAROLg==',NULL,NULL,1795383188091,1795383188139,'py_pickle','voltfleet',1795383188000);
INSERT INTO "operation_outputs" VALUES('20673935-06f6-40c9-8900-2b806a2e4f59',1,'begin','gASILg==',NULL,NULL,1795383188247,1795383188250,'py_pickle','voltfleet',1795383188000);
INSERT INTO "operation_outputs" VALUES('20673935-06f6-40c9-8900-2b806a2e4f59',2,'register','gARLAC4=',NULL,NULL,1795383188251,1795383188281,'py_pickle','voltfleet',1795383188000);
CREATE TABLE queues (
    queue_id TEXT PRIMARY KEY DEFAULT (hex(randomblob(16))),
    name TEXT NOT NULL UNIQUE,
    concurrency INTEGER,
    worker_concurrency INTEGER,
    rate_limit_max INTEGER,
    rate_limit_period_sec REAL,
    priority_enabled BOOLEAN NOT NULL DEFAULT FALSE,
    partition_queue BOOLEAN NOT NULL DEFAULT FALSE,
    polling_interval_sec REAL NOT NULL DEFAULT 1.0,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL, "partition_concurrency" INTEGER DEFAULT NULL, "partition_worker_concurrency" INTEGER DEFAULT NULL, "partition_rate_limit_max" INTEGER DEFAULT NULL, "partition_rate_limit_period_sec" REAL DEFAULT NULL);
INSERT INTO "queues" VALUES('C0AD0EA3540CC3B9CB6831E9F1BE7534','jobs',NULL,32,NULL,NULL,1,0,0.1,1795383186000,1795383186524,'voltfleet',NULL,NULL,NULL,NULL);
CREATE TABLE schema_version_main (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT schema_version_main_pkc PRIMARY KEY (version_num)
);
INSERT INTO "schema_version_main" VALUES('20261122_main');
CREATE TABLE streams (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL,
    "offset" INTEGER NOT NULL, function_id INTEGER NOT NULL DEFAULT 0, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key, "offset"),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events (
    workflow_uuid TEXT NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid) 
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_events_history (
    workflow_uuid TEXT NOT NULL,
    function_id INTEGER NOT NULL,
    key TEXT NOT NULL,
    value TEXT NOT NULL, "serialization" TEXT DEFAULT NULL,
    PRIMARY KEY (workflow_uuid, function_id, key),
    FOREIGN KEY (workflow_uuid) REFERENCES workflow_status(workflow_uuid)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE TABLE workflow_input (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    inputs TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_input" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9','gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCQxYTcwOGI2Ny1kYjBiLTQ1MTUtYWVmYi1kYmUwNTBlMDhiYTmUhZSMBmt3YXJnc5R9lHUu',1795383187000);
INSERT INTO "workflow_input" VALUES('20673935-06f6-40c9-8900-2b806a2e4f59','gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCQyMDY3MzkzNS0wNmY2LTQwYzktODkwMC0yYjgwNmEyZTRmNTmUhZSMBmt3YXJnc5R9lHUu',1795383188000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9','gAROLg==',NULL,1795383188000);
CREATE TABLE workflow_schedules (
    schedule_id TEXT PRIMARY KEY,
    schedule_name TEXT NOT NULL UNIQUE,
    workflow_name TEXT NOT NULL,
    workflow_class_name TEXT,
    schedule TEXT NOT NULL,
    status TEXT NOT NULL DEFAULT 'ACTIVE',
    context TEXT NOT NULL
, "last_fired_at" TEXT DEFAULT NULL, "automatic_backfill" BOOLEAN NOT NULL DEFAULT FALSE, "cron_timezone" TEXT DEFAULT NULL, "queue_name" TEXT DEFAULT NULL, "application_name" TEXT DEFAULT NULL);
CREATE TABLE workflow_status (
    workflow_uuid TEXT PRIMARY KEY,
    status TEXT,
    name TEXT,
    authenticated_user TEXT,
    assumed_role TEXT,
    authenticated_roles TEXT,
    request TEXT,
    output TEXT,
    error TEXT,
    executor_id TEXT,
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    updated_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    application_version TEXT,
    application_id TEXT,
    class_name TEXT DEFAULT NULL,
    config_name TEXT DEFAULT NULL,
    recovery_attempts INTEGER DEFAULT 0,
    queue_name TEXT,
    workflow_timeout_ms INTEGER,
    workflow_deadline_epoch_ms INTEGER,
    inputs TEXT,
    started_at_epoch_ms INTEGER,
    deduplication_id TEXT,
    priority INTEGER NOT NULL DEFAULT 0
, queue_partition_key TEXT, forked_from TEXT, "owner_xid" TEXT DEFAULT NULL, "parent_workflow_id" TEXT DEFAULT NULL, "serialization" TEXT DEFAULT NULL, "delay_until_epoch_ms" BIGINT DEFAULT NULL, "was_forked_from" BOOLEAN NOT NULL DEFAULT FALSE, "rate_limited" BOOLEAN NOT NULL DEFAULT FALSE, "completed_at" BIGINT, "attributes" TEXT, "schedule_name" TEXT, "debounce_deadline_epoch_ms" BIGINT DEFAULT NULL, "is_debounced" BOOLEAN NOT NULL DEFAULT FALSE, "application_name" TEXT DEFAULT NULL, "creator_xid" TEXT DEFAULT NULL);
INSERT INTO "workflow_status" VALUES('1a708b67-db0b-4515-aefb-dbe050e08ba9','SUCCESS','provision',NULL,NULL,NULL,NULL,NULL,NULL,'vm-15907-c29c09',1795383187000,1795383188000,'provision-1',NULL,NULL,NULL,1,'jobs',NULL,NULL,NULL,1795383187000,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,1795383188000,'null',NULL,NULL,0,'voltfleet','74e8a52e-89fe-4b57-8b94-7ace755ddf07');
INSERT INTO "workflow_status" VALUES('20673935-06f6-40c9-8900-2b806a2e4f59','PENDING','provision',NULL,NULL,NULL,NULL,NULL,NULL,'vm-15907-c29c09',1795383188000,1795383188000,'provision-1',NULL,NULL,NULL,1,'jobs',NULL,NULL,NULL,1795383188000,NULL,0,NULL,NULL,'9da2c0d7-0211-42c8-87c2-eb2e8788992a',NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,'voltfleet','a15b375e-8d0b-4a8a-b466-fed87fa4701a');
CREATE INDEX ix_chargers_host_id ON chargers (host_id);
CREATE INDEX ix_chargers_job_id_provisioning ON chargers (job_id, provisioning);
CREATE INDEX ix_chargers_leaving ON chargers (organization_id, identity) WHERE deleted_at IS NOT NULL;
CREATE INDEX ix_chargers_location_id_created_at_position ON chargers (location_id, created_at, position);
CREATE INDEX ix_chargers_organization_id_created_at_position ON chargers (organization_id, created_at, position);
CREATE INDEX ix_chargers_unsynced ON chargers (host_id) WHERE NOT synced;
CREATE UNIQUE INDEX uq_chargers_identity ON chargers (organization_id, identity) WHERE deleted_at IS NULL;
CREATE INDEX ix_jobs_open ON jobs (updated_at) WHERE status IN ('PENDING', 'PROVISIONING');
CREATE UNIQUE INDEX uq_jobs_idempotency_key ON jobs (organization_id, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX ix_locations_organization_id_created_at_id ON locations (organization_id, created_at, id);
CREATE INDEX workflow_status_created_at_index ON workflow_status (created_at);
CREATE INDEX idx_workflow_topic ON notifications (destination_uuid, topic);
CREATE INDEX "idx_workflow_status_delayed" ON "workflow_status" ("delay_until_epoch_ms") WHERE status = 'DELAYED';
CREATE INDEX "idx_workflow_status_forked_from" ON "workflow_status" ("forked_from") WHERE "forked_from" IS NOT NULL;
CREATE INDEX "idx_workflow_status_parent_workflow_id" ON "workflow_status" ("parent_workflow_id") WHERE "parent_workflow_id" IS NOT NULL;
CREATE UNIQUE INDEX "uq_workflow_status_dedup_id" ON "workflow_status" ("queue_name", "deduplication_id") WHERE "deduplication_id" IS NOT NULL;
CREATE INDEX "idx_workflow_status_pending" ON "workflow_status" ("created_at") WHERE "status" = 'PENDING';
CREATE INDEX "idx_workflow_status_failed" ON "workflow_status" ("status", "created_at") WHERE "status" IN ('ERROR', 'CANCELLED', 'MAX_RECOVERY_ATTEMPTS_EXCEEDED');
CREATE INDEX "idx_workflow_status_rate_limited" ON "workflow_status" ("queue_name", "started_at_epoch_ms") WHERE "rate_limited" = TRUE;
CREATE INDEX "idx_workflow_status_completed_at" ON "workflow_status" ("completed_at") WHERE "completed_at" IS NOT NULL;
CREATE INDEX "idx_workflow_status_started_at" ON "workflow_status" ("started_at_epoch_ms") WHERE "started_at_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_workflow_status_schedule_name" ON "workflow_status" ("schedule_name") WHERE "schedule_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_owner_version"
    ON application_versions ("application_name", "version_name")
    WHERE "application_name" IS NOT NULL;
CREATE UNIQUE INDEX "uq_application_versions_unclaimed_version"
    ON application_versions ("version_name")
    WHERE "application_name" IS NULL;
CREATE INDEX idx_workflow_input_retention
    ON workflow_input (retention_timestamp);
CREATE INDEX idx_workflow_output_retention
    ON workflow_output (retention_timestamp);
CREATE INDEX idx_operation_outputs_retention
    ON operation_outputs (retention_timestamp);
CREATE INDEX "idx_workflow_status_in_flight_v2" ON "workflow_status" ("queue_name", "status", "priority", "created_at", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING');
CREATE INDEX "idx_workflow_status_partition_dequeue_v3" ON "workflow_status" ("queue_name", "status", "queue_partition_key", "priority", "created_at", "workflow_uuid", "application_name") WHERE "status" IN ('ENQUEUED', 'PENDING') AND "queue_partition_key" IS NOT NULL;
CREATE INDEX "idx_operation_outputs_completed_at_function_name_v2" ON "operation_outputs" ("completed_at_epoch_ms", "function_name", "application_name");
CREATE INDEX "idx_workflow_status_deadline" ON "workflow_status" ("workflow_deadline_epoch_ms") WHERE "status" IN ('ENQUEUED', 'PENDING', 'DELAYED') AND "workflow_deadline_epoch_ms" IS NOT NULL;
CREATE INDEX "idx_application_versions_timestamp" ON "application_versions" ("version_timestamp" DESC);
CREATE INDEX "idx_application_versions_owner_timestamp" ON "application_versions" ("application_name", "version_timestamp" DESC);
COMMIT;
