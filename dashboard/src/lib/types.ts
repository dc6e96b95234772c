/** What the gateway's API answers, as far as the dashboard reads it. Names are those of the API. */

export type Role = 'admin' | 'user';

export interface Me {
  subject: string;
  role: Role;
  /** Whose data a user's token opens; null for an admin, who names one with each request. */
  organization_id: string | null;
  expires_at: string | null;
}

/** A page of a list. */
export interface Page<T> {
  data: T[];
  total: number;
  page: number;
  limit: number;
}

export interface OrganizationSummary {
  organization_id: string;
  locations: number;
  chargers: number;
  jobs_open: number;
}

export interface Coordinates {
  latitude: number;
  longitude: number;
}

export interface Location {
  id: string;
  slug: string | null;
  name: string | null;
  address: string | null;
  city: string | null;
  country: string | null;
  coordinates: Coordinates | null;
  timezone: string | null;
  owner_name: string | null;
  public: boolean | null;
  status: string | null;
  created_at: string | null;
  updated_at: string | null;
}

export interface Brand {
  slug: string;
  name: string;
}

export interface Model {
  slug: string;
  name: string;
  connector_count: number | null;
  current_type: string | null;
  supported_kwh: number[] | null;
  connector_types: string[] | null;
}

export interface LocationTemplate {
  slug: string;
  description: string;
  name: string;
  address: string;
  city: string;
  country: string;
  coordinates: Coordinates;
  timezone: string;
  chargers: number;
  charger_groups: {
    brand_slug: string;
    brand: string;
    model_slug: string;
    model: string;
    connector_type: string;
    ocpp_version: string;
    count: number;
  }[];
}

export interface Connector {
  evse_id: number;
  connector_id: number;
  status: string;
  error_code: string | null;
  since: string;
  charging?: boolean;
  suspended?: boolean;
}

export interface ProvisioningError {
  code: string;
  message: string;
  step: string | null;
  param: string | null;
  doc_url: string | null;
  retryable: boolean | null;
}

export type ProvisioningStatus = 'PENDING' | 'PROVISIONING' | 'READY' | 'FAILED';

export type ConnectionState =
  | 'stopped'
  | 'waiting'
  | 'connecting'
  | 'connected'
  | 'pending'
  | 'rejected'
  | 'online';

export interface Charger {
  id: string;
  identity: string;
  name: string | null;
  vendor_name: string | null;
  model: string | null;
  ocpp_version: string | null;
  number_of_connectors: number | null;
  max_charging_power: number | null;
  connector_type: string | null;
  location_id: string | null;
  created_at: string;
  updated_at: string;
  ws_url: string;
  security_profile: number;
  status: ProvisioningStatus;
  error: ProvisioningError | null;
  connection: { state: ConnectionState; since: string; last_error: string | null; attempts: number };
  connectors: Connector[];
  host_id: string | null;
}

/** A command that has been taken. */
export interface QueuedCommand {
  id: string;
  event_type: string;
  ocpp_version: string;
  payload: Record<string, unknown>;
}

/** A command and its fate. */
export interface CommandRecord extends QueuedCommand {
  charger_id: string;
  /** queued, sent, applied, rejected, failed, expired. */
  state: string;
  reason: string | null;
  detail: Record<string, unknown> | null;
  created_at: string;
  updated_at: string;
  expires_at: string;
}

/** Something that can go wrong with a charger. */
export interface FaultType {
  fault_type: string;
  scope: 'connector' | 'station';
  description: string;
  value: { meaning: string; default: number; minimum: number; maximum: number } | null;
}

/** The answer of the command routes that fan out. */
export interface LocationCommand {
  targeted_count: number;
  queued_count: number;
  failed_count: number;
  results: { charger_id: string; identity: string; command: QueuedCommand }[];
  failed: { identity?: string | null; error: string }[];
}

export interface JobSummary {
  job_id: string;
  job_type: string | null;
  location_id: string | null;
  status: ProvisioningStatus;
  current_step: string | null;
  total: number;
  created: number;
  failed: number;
  error: ProvisioningError | null;
  created_at: string;
  updated_at: string;
  provisioned_at: string | null;
  status_url: string | null;
}

/** What a bulk request is answered with. */
export interface JobAccepted {
  job_id: string;
  status: ProvisioningStatus;
  status_url: string;
}

/** A job as its own poll tells it. */
export interface BulkJob {
  job_id: string;
  status: ProvisioningStatus;
  workflow_run_id: string | null;
  error: ProvisioningError | null;
  results: JobResults | null;
  provisioned_at: string | null;
  progress: { total: number; created: number; failed: number; current_step: string | null };
}

export interface JobResults {
  created_count: number;
  failed_count: number;
  created: { id: string; identity: string; name: string | null }[];
  failed: { identity: string | null; error: string; code: string | null }[];
}

export interface Host {
  id: string;
  capacity: number;
  stations: number;
  online: number;
  lag_ms: number | null;
  lease_seconds_left: number | null;
  connected_at: string | null;
  alive: boolean;
}

/* --- the live stream ------------------------------------------------------------------------- */

/** evse_id, connector_id, status as the charger's OCPP version spells it, error_code, charging. */
export type LiveConnector = [number, number, string, string | null, 0 | 1];

/** id, identity, name, location_id, vendor, model, ocpp_version, state, since_ms, host_id,
 *  connectors, error. */
export type ChargerRow = [
  string,
  string,
  string | null,
  string | null,
  string | null,
  string | null,
  string | null,
  string,
  number,
  string | null,
  LiveConnector[],
  string | null,
];

export interface ChargersEvent {
  rows: ChargerRow[];
  gone: string[];
  snapshot: boolean;
  more: boolean;
}

export interface RatesEvent {
  at: number;
  messages: number;
  errors: number;
  boots: number;
  seconds: number;
}

/** frame_id, charger_id, at_ms, from_station, action, message. */
export type FrameRow = [number, string, number, 0 | 1, string | null, string];

export interface FramesEvent {
  rows: FrameRow[];
  dropped: number;
}

/** A frame of the message log. */
export interface LogFrame {
  id: number;
  /** Epoch milliseconds, or a moment. */
  at: number | string;
  direction: 'cp_to_csms' | 'csms_to_cp';
  action: string;
  message: string;
}

export interface ConnectorDetail {
  plugged: boolean;
  /** What flows now. */
  power_w: number;
  /** 0 with the contactor open, null without a car. */
  offered_w: number | null;
  /** Of the open transaction; 0 without one. */
  energy_wh: number;
  /** The meter's register. */
  meter_wh?: number;
  soc_percent: number | null;
  transaction_id: string | null;
  id_token: string | null;
  charging_state: string | null;
}

/** charger_id, at_ms, and for each connector: evse_id, connector_id, what is physically there. */
export type DetailRow = [string, number, [number, number, ConnectorDetail][]];
