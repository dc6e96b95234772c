"""AuthCtrlr, AuthCacheCtrlr, LocalAuthListCtrlr and ReservationCtrlr (Part 2 Appendix 3.1)."""

from voltfleet.station.v2.device_model.definition import (
    choice,
    fixed,
    flag,
    text,
    varying,
    whole,
)
from voltfleet.station.v2.messages.provisioning import DataType

_DAY = 86_400
_YEAR = 365 * _DAY

AUTHORIZE_REMOTE_START = flag("AuthCtrlr", "AuthorizeRemoteStart", default=False)
DISABLE_REMOTE_AUTHORIZATION = flag("AuthCtrlr", "DisableRemoteAuthorization", default=False)
ADDITIONAL_INFO_ITEMS = 10
LOCAL_AUTHORIZE_OFFLINE = flag("AuthCtrlr", "LocalAuthorizeOffline", default=True)
LOCAL_PRE_AUTHORIZE = flag("AuthCtrlr", "LocalPreAuthorize", default=False)
MASTER_PASS_GROUP_ID = text("AuthCtrlr", "MasterPassGroupId", "", 36)
OFFLINE_TX_FOR_UNKNOWN_ID = flag("AuthCtrlr", "OfflineTxForUnknownIdEnabled", default=False)

AUTH_CACHE_ENABLED = flag("AuthCacheCtrlr", "Enabled", default=True)
AUTH_CACHE_LIFE_TIME = whole("AuthCacheCtrlr", "LifeTime", 30 * _DAY, (0, _YEAR), unit="s")
FIFO, LRU = "FIFO", "LRU"
AUTH_CACHE_POLICY = choice(
    "AuthCacheCtrlr", "Policy", FIFO, (FIFO, LRU), DataType.OPTION_LIST, at_least=1, at_most=1
)
AUTH_CACHE_MOST_BYTES = 65_536
AUTH_CACHE_STORAGE = varying(
    "AuthCacheCtrlr", "Storage", DataType.INTEGER, "0", max_limit=AUTH_CACHE_MOST_BYTES
)
CACHE_DISABLE_POST_AUTHORIZE = flag("AuthCacheCtrlr", "DisablePostAuthorize", default=False)

_LIST = "LocalAuthListCtrlr"
LOCAL_LIST_MAX_ENTRIES = 1000
ITEMS_PER_SEND_LOCAL_LIST = 100
_BYTES_PER_SEND_LOCAL_LIST = 65_536
LOCAL_LIST_ENABLED = flag(_LIST, "Enabled", default=True)
LOCAL_LIST_ENTRIES = varying(
    _LIST, "Entries", DataType.INTEGER, "0", max_limit=LOCAL_LIST_MAX_ENTRIES
)
LIST_DISABLE_POST_AUTHORIZE = flag(_LIST, "DisablePostAuthorize", default=False)

RESERVATION_ENABLED = flag("ReservationCtrlr", "Enabled", default=True)

AUTHORIZATION = (
    fixed("AuthCtrlr", "Enabled", DataType.BOOLEAN, "true"),
    fixed(
        "AuthCtrlr",
        "AdditionalInfoItemsPerMessage",
        DataType.INTEGER,
        str(ADDITIONAL_INFO_ITEMS),
    ),
    AUTHORIZE_REMOTE_START,
    DISABLE_REMOTE_AUTHORIZATION,
    LOCAL_AUTHORIZE_OFFLINE,
    LOCAL_PRE_AUTHORIZE,
    MASTER_PASS_GROUP_ID,
    OFFLINE_TX_FOR_UNKNOWN_ID,
    fixed("AuthCacheCtrlr", "Available", DataType.BOOLEAN, "true"),
    AUTH_CACHE_ENABLED,
    AUTH_CACHE_LIFE_TIME,
    AUTH_CACHE_POLICY,
    AUTH_CACHE_STORAGE,
    CACHE_DISABLE_POST_AUTHORIZE,
    fixed(_LIST, "Available", DataType.BOOLEAN, "true"),
    fixed(_LIST, "BytesPerMessage", DataType.INTEGER, str(_BYTES_PER_SEND_LOCAL_LIST)),
    LIST_DISABLE_POST_AUTHORIZE,
    LOCAL_LIST_ENABLED,
    LOCAL_LIST_ENTRIES,
    fixed(_LIST, "ItemsPerMessage", DataType.INTEGER, str(ITEMS_PER_SEND_LOCAL_LIST)),
)
RESERVATIONS = (
    fixed("ReservationCtrlr", "Available", DataType.BOOLEAN, "true"),
    RESERVATION_ENABLED,
    fixed("ReservationCtrlr", "NonEvseSpecific", DataType.BOOLEAN, "true"),
)
