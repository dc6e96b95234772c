BEGIN TRANSACTION;
CREATE TABLE application_versions (
    version_id TEXT NOT NULL PRIMARY KEY,
    version_name TEXT NOT NULL UNIQUE,
    version_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000),
    created_at INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
, "application_name" TEXT DEFAULT NULL);
INSERT INTO "application_versions" VALUES('793f8f0e-7786-48de-9e00-0fa4ab9c92a7','provision-1',1795383284000,1795383284000,'voltfleet');
CREATE TABLE audit_log (
	id INTEGER NOT NULL, 
	at DOUBLE NOT NULL, 
	organization_id TEXT, 
	subject TEXT, 
	role TEXT, 
	operation TEXT NOT NULL, 
	targets TEXT NOT NULL, 
	outcome TEXT NOT NULL, 
	reason TEXT, 
	request_id TEXT NOT NULL, 
	remote TEXT, 
	times INTEGER NOT NULL, 
	CONSTRAINT pk_audit_log PRIMARY KEY (id)
);
INSERT INTO "audit_log" VALUES(1,1.79538328684533524514e+09,'default','user-2ec8a1155b12','user','create_location','{"location_id":"a625ad97-6c01-44f6-ae53-22663dc70cc8"}','done',NULL,'a04f9f93206b76f1','127.0.0.1',1);
INSERT INTO "audit_log" VALUES(2,1.79538328686619138717e+09,'default','user-2ec8a1155b12','user','create_location_chargers','{"location_id":"a625ad97-6c01-44f6-ae53-22663dc70cc8","job_id":"c00f7770-ffc2-4dda-a197-d2af2d1c2482","chargers":3}','done',NULL,'bba596dcc3beab76','127.0.0.1',1);
INSERT INTO "audit_log" VALUES(3,1.79538328735423898703e+09,'default','user-2ec8a1155b12','user','create_location_chargers','{"location_id":"a625ad97-6c01-44f6-ae53-22663dc70cc8","job_id":"79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0","chargers":3}','done',NULL,'23439130b320e2e3','127.0.0.1',1);
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
	connectors TEXT, security_profile INTEGER DEFAULT 0 NOT NULL, credentials_id TEXT, 
	CONSTRAINT pk_chargers PRIMARY KEY (id)
);
INSERT INTO "chargers" VALUES('00d31219-71e4-5be7-aae0-3702ed02528c','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','DONE-0000','DONE-0000',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1256584132,1.79538328709109187126e+09,1.79538328709109187126e+09,NULL,'c00f7770-ffc2-4dda-a197-d2af2d1c2482',0,'READY',0,1.7953833020910918713e+09,NULL,NULL,1.79538328724865865705e+09,'local-0',1,1,1,'waiting',1.79538328715089368818e+09,'could not resolve host csms.example: check ws_url and the name server',1,'[[1,1,"Available",null,1795383287.1219294]]',0,NULL);
INSERT INTO "chargers" VALUES('52a66eb0-bb0e-5b18-9914-7b982e05c026','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','DONE-0001','DONE-0001',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1038271314,1.79538328709109187126e+09,1.79538328709109187126e+09,NULL,'c00f7770-ffc2-4dda-a197-d2af2d1c2482',1,'READY',0,1.7953833020910918713e+09,NULL,NULL,1.79538328724865865705e+09,'local-0',1,1,1,'waiting',1.79538328715094971663e+09,'could not resolve host csms.example: check ws_url and the name server',1,'[[1,1,"Available",null,1795383287.1494973]]',0,NULL);
INSERT INTO "chargers" VALUES('ab0892ff-b7e9-5289-abcd-87fe2eeadd87','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','DONE-0002','DONE-0002',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',619418344,1.79538328709109187126e+09,1.79538328709109187126e+09,NULL,'c00f7770-ffc2-4dda-a197-d2af2d1c2482',2,'READY',0,1.7953833020910918713e+09,NULL,NULL,1.79538328724865865705e+09,'local-0',1,1,1,'waiting',1.79538328715096926683e+09,'could not resolve host csms.example: check ws_url and the name server',1,'[[1,1,"Available",null,1795383287.1503086]]',0,NULL);
INSERT INTO "chargers" VALUES('48776afb-bd15-5b42-8cb5-154c898b225f','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','OPEN-0000','OPEN-0000',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',99347111,1.79538328759502983098e+09,1.79538328759502983098e+09,NULL,'79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0',0,'PROVISIONING',0,1.79538330259502983089e+09,NULL,NULL,NULL,'local-0',1,1,0,'waiting',1.79538328759502983098e+09,NULL,0,NULL,0,NULL);
INSERT INTO "chargers" VALUES('87e75675-8d81-5489-b33a-133a5a1263cd','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','OPEN-0001','OPEN-0001',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1928124977,1.79538328759502983098e+09,1.79538328759502983098e+09,NULL,'79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0',1,'PROVISIONING',0,1.79538330259502983089e+09,NULL,NULL,NULL,'local-0',1,1,0,'waiting',1.79538328759502983098e+09,NULL,0,NULL,0,NULL);
INSERT INTO "chargers" VALUES('ae73ff9e-ed3b-5eb9-a53c-dc401f960592','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','OPEN-0002','OPEN-0002',NULL,'wallbox','wallbox-pulsar-plus','Type2','OCPP1.6','ws://csms.example/ocpp',1810205579,1.79538328759502983098e+09,1.79538328759502983098e+09,NULL,'79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0',2,'PROVISIONING',0,1.79538330259502983089e+09,NULL,NULL,NULL,'local-0',1,1,0,'waiting',1.79538328759502983098e+09,NULL,0,NULL,0,NULL);
CREATE TABLE commands (
	seq INTEGER NOT NULL, 
	id TEXT NOT NULL, 
	organization_id TEXT NOT NULL, 
	charger_id TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	ocpp_version TEXT NOT NULL, 
	payload TEXT NOT NULL, 
	state TEXT NOT NULL, 
	reason TEXT, 
	detail TEXT, 
	created_at DOUBLE NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	expires_at DOUBLE NOT NULL, 
	host_id TEXT, 
	host_boot_id TEXT, 
	CONSTRAINT pk_commands PRIMARY KEY (seq)
);
CREATE TABLE credentials (
	id TEXT NOT NULL, 
	organization_id TEXT NOT NULL, 
	created_at DOUBLE NOT NULL, 
	authorization_key BLOB, 
	ca_certificate TEXT, 
	client_certificate TEXT, 
	client_key TEXT, 
	CONSTRAINT pk_credentials PRIMARY KEY (id)
);
CREATE TABLE dbos_migrations (version INTEGER NOT NULL PRIMARY KEY);
INSERT INTO "dbos_migrations" VALUES(125);
CREATE TABLE gateways (
	id TEXT NOT NULL, 
	seen_at DOUBLE NOT NULL, 
	CONSTRAINT pk_gateways PRIMARY KEY (id)
);
INSERT INTO "gateways" VALUES('vm-17459-de8600',1.79538328674521517752e+09);
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
INSERT INTO "hosts" VALUES('local-0','p862ec34f74305919.d2dc92aeeceb440d993871e71ef50b09',19872,1.79538330107046341897e+09,0,0,8.0,1.79538328600417256353e+09);
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
INSERT INTO "job_results" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482',X'1F8B0800000000000403ED94CB6ADC3014865FA5686DCD48F245B6B74DB6CD2C028596208EA4E3A941B68C6C672684BC7B8FD30C8521904D96F146F0EBD7B97DB29E994B080B7AE3E23A2EACCD33D6411FFE0B22BB5858FBFB99F59EB54C089F4B251BAE2516BCB4A839000A9E6BA1D00B55AADAB18CBC382EFDF244276EEE7EDC72411FC9230C78253DE2E863326F3B3F21041BCF641DA2C740DEC31A6648DF0E619DB7B8031CD1AC8976C635848C45374DE611D3DCC791DC77DF0F07B9ABB654EB603199D8517BE3886E896966ADA4C07036EE0FA4633F1ECD144F9858AB14D547DD5E9C66799AB642EF6951142C44070B6530AF33804A95E01BCD2B27242F8AAEE28065CE95AAAADC3B2D9CABE9D065BC40B3654AA88A4B499E7B25DBBC680BBD138DFC45BE75F2AF183EF29DE67F8DB3D3DCEEF76E1EE61D9E619802EEB729B097EC8D51A9A0AAD00A6EAD4062246BDE34B2E0DA36B542513AAA85F2BEC348927CC56893BE187D3A23B0A26E54D771ABB1E1F4D7341CACF3BCD61D2A44F0BED6EF33DAEEE315A34DFA62F4698C1E2E0F213D7B0F2F7F01E23EA4AD28050000');
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
INSERT INTO "jobs" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','charger_bulk_create','READY',NULL,NULL,3,3,3,0,NULL,NULL,'41a1d323e01d3af70a8e8aee0ed4d351d6bf7ec29441c2687c5b116b54187fe8',1.79538328686786365509e+09,1.79538328733882522579e+09,1.79538328733882522579e+09);
INSERT INTO "jobs" VALUES('79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0','default','a625ad97-6c01-44f6-ae53-22663dc70cc8','charger_bulk_create','PROVISIONING','settle','{"groups":[{"template":{"brand_slug":"wallbox","model_slug":"wallbox-pulsar-plus","connector_type":"Type2","ocpp_version":"OCPP1.6","ws_url":"ws://csms.example/ocpp","security_profile":0,"credentials_id":null},"chargers":[["OPEN-0000","OPEN-0000"],["OPEN-0001","OPEN-0001"],["OPEN-0002","OPEN-0002"]]}]}',3,3,0,0,NULL,NULL,'7ccc9240243b0fdb442e82a9f3a8a24ca302740c2618ccf92211c5c79e451223',1.79538328735497450822e+09,1.79538328765523123742e+09,NULL);
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
INSERT INTO "locations" VALUES('a625ad97-6c01-44f6-ae53-22663dc70cc8','default','depot-b6d72e88','Depot','1 Main Street','Utrecht','NL',52.1,5.1,NULL,NULL,0,'active',1.79538328684758400916e+09,1.79538328684758400916e+09);
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
INSERT INTO "operation_outputs" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482',1,'begin','gASILg==',NULL,NULL,1795383287083,1795383287088,'py_pickle','voltfleet',1795383287000);
INSERT INTO "operation_outputs" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482',2,'register','gARLAC4=',NULL,NULL,1795383287090,1795383287116,'py_pickle','voltfleet',1795383287000);
INSERT INTO "operation_outputs" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482',3,'settle','gAROLg==',NULL,NULL,1795383287119,1795383287332,'py_pickle','voltfleet',1795383287000);
INSERT INTO "operation_outputs" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482',4,'finish','gAROLg==',NULL,NULL,1795383287338,1795383287362,'py_pickle','voltfleet',1795383287000);
INSERT INTO "operation_outputs" VALUES('79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0',1,'begin','gASILg==',NULL,NULL,1795383287549,1795383287575,'py_pickle','voltfleet',1795383287000);
INSERT INTO "operation_outputs" VALUES('79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0',2,'register','gARLAC4=',NULL,NULL,1795383287577,1795383287640,'py_pickle','voltfleet',1795383287000);
CREATE TABLE organization_quotas (
	organization_id TEXT NOT NULL, 
	max_chargers BIGINT, 
	max_jobs BIGINT, 
	max_requests_per_second DOUBLE, 
	updated_at DOUBLE NOT NULL, 
	CONSTRAINT pk_organization_quotas PRIMARY KEY (organization_id)
);
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
INSERT INTO "queues" VALUES('E32E21BD040301760A789F23599CB0D8','jobs',NULL,32,NULL,NULL,1,0,0.2,1795383284000,1795383284565,'voltfleet',NULL,NULL,NULL,NULL);
CREATE TABLE schema_version_main (
	version_num VARCHAR(32) NOT NULL, 
	CONSTRAINT schema_version_main_pkc PRIMARY KEY (version_num)
);
INSERT INTO "schema_version_main" VALUES('20261126_tenants');
CREATE TABLE station_memory (
	charger_id TEXT NOT NULL, 
	content BLOB NOT NULL, 
	generation INTEGER NOT NULL, 
	boot_id TEXT NOT NULL, 
	seq BIGINT NOT NULL, 
	updated_at DOUBLE NOT NULL, 
	CONSTRAINT pk_station_memory PRIMARY KEY (charger_id), 
	CONSTRAINT fk_station_memory_charger_id FOREIGN KEY(charger_id) REFERENCES chargers (id) ON DELETE CASCADE
);
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
INSERT INTO "workflow_input" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482','gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCRjMDBmNzc3MC1mZmMyLTRkZGEtYTE5Ny1kMmFmMmQxYzI0ODKUhZSMBmt3YXJnc5R9lHUu',1795383286000);
INSERT INTO "workflow_input" VALUES('79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0','gASVQAAAAAAAAAB9lCiMBGFyZ3OUjCQ3OTIwMWFjNS1hNGMyLTRhYzQtOWI2NS0xYWFkMDhhZTdmYzCUhZSMBmt3YXJnc5R9lHUu',1795383287000);
CREATE TABLE workflow_output (
    workflow_uuid TEXT NOT NULL PRIMARY KEY,
    output TEXT,
    error TEXT,
    retention_timestamp INTEGER NOT NULL DEFAULT (strftime('%s','now') * 1000)
);
INSERT INTO "workflow_output" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482','gAROLg==',NULL,1795383287000);
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
INSERT INTO "workflow_status" VALUES('c00f7770-ffc2-4dda-a197-d2af2d1c2482','SUCCESS','provision',NULL,NULL,NULL,NULL,NULL,NULL,'vm-17459-de8600',1795383286000,1795383287000,'provision-1',NULL,NULL,NULL,1,'jobs',NULL,NULL,NULL,1795383287000,NULL,0,NULL,NULL,NULL,NULL,'py_pickle',NULL,0,0,1795383287000,'null',NULL,NULL,0,'voltfleet','18d7849f-cff4-45a1-b496-9b6e0121b0c6');
INSERT INTO "workflow_status" VALUES('79201ac5-a4c2-4ac4-9b65-1aad08ae7fc0','PENDING','provision',NULL,NULL,NULL,NULL,NULL,NULL,'vm-17459-de8600',1795383287000,1795383287000,'provision-1',NULL,NULL,NULL,1,'jobs',NULL,NULL,NULL,1795383287000,NULL,0,NULL,NULL,'f90f6fe2-b84b-4734-8aa1-46fe081fd19f',NULL,'py_pickle',NULL,0,0,NULL,'null',NULL,NULL,0,'voltfleet','7f407255-adfd-4af4-892a-6e5c30b25716');
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
CREATE UNIQUE INDEX ix_commands_id ON commands (id);
CREATE INDEX ix_commands_charger_id_seq ON commands (charger_id, seq);
CREATE INDEX ix_commands_queued ON commands (charger_id, expires_at) WHERE state = 'queued';
CREATE INDEX ix_commands_sent ON commands (host_id, updated_at) WHERE state = 'sent';
CREATE INDEX ix_chargers_credentials_id ON chargers (credentials_id) WHERE credentials_id IS NOT NULL;
CREATE INDEX ix_audit_log_organization_id_id ON audit_log (organization_id, id);
CREATE INDEX ix_audit_log_refused ON audit_log (id) WHERE outcome <> 'done';
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
