/** The messages that a charging station may send of its own accord, by OCPP version, as the gateway's
 *  `proxy-message` knows them. Pure. */

const BOTH = [
  'Authorize',
  'BootNotification',
  'DataTransfer',
  'FirmwareStatusNotification',
  'Heartbeat',
  'LogStatusNotification',
  'MeterValues',
  'SecurityEventNotification',
  'SignCertificate',
  'StatusNotification',
];
const ONLY_16 = [
  'DiagnosticsStatusNotification',
  'SignedFirmwareStatusNotification',
  'StartTransaction',
  'StopTransaction',
];
const ONLY_2 = [
  'ClearedChargingLimit',
  'Get15118EVCertificate',
  'GetCertificateStatus',
  'NotifyChargingLimit',
  'NotifyCustomerInformation',
  'NotifyDisplayMessages',
  'NotifyEVChargingNeeds',
  'NotifyEVChargingSchedule',
  'NotifyEvent',
  'NotifyMonitoringReport',
  'NotifyReport',
  'PublishFirmwareStatusNotification',
  'ReportChargingProfiles',
  'ReservationStatusUpdate',
  'TransactionEvent',
];
const ONLY_21 = [
  'BatterySwap',
  'GetCertificateChainStatus',
  'NotifyDERAlarm',
  'NotifyDERStartStop',
  'NotifyPriorityCharging',
  'NotifySettlement',
  'NotifyWebPaymentStarted',
  'PullDynamicScheduleUpdate',
  'ReportDERControl',
  'VatNumberValidation',
];

const ACTIONS: Record<string, readonly string[]> = {
  '1.6': [...BOTH, ...ONLY_16].sort(),
  '2.0.1': [...BOTH, ...ONLY_2].sort(),
  '2.1': [...BOTH, ...ONLY_2, ...ONLY_21].sort(),
};

export function actionsOf(version: string): readonly string[] {
  return ACTIONS[version] ?? [];
}

/** As the route spells it: "boot_notification". The gateway finds any spelling of a known one. */
export function routed(action: string): string {
  return action
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/([A-Z]+)([A-Z][a-z])/g, '$1_$2')
    .toLowerCase();
}
