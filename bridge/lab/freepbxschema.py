"""The part of FreePBX's GraphQL schema that the simulated one has, by scopes (reference: FreePBX, 4.1 and 4.2)."""

from __future__ import annotations

from collections.abc import Mapping

from bridge.lab.graphql import Field, Schema

_EXTENSION_INPUT = {
    **dict.fromkeys(("tech", "channelName", "outboundCid", "emergencyCid", "umGroups", "vmPassword"), "String"),
    **dict.fromkeys(("callerID", "umPassword", "maxContacts", "clientMutationId"), "String"),
    **dict.fromkeys(("umEnable", "vmEnable"), "Boolean"),
}
_PAYLOAD = {"status": Field(), "message": Field(), "clientMutationId": Field()}
_STATE = {"status": Field(), "message": Field()}
_CORE_QUERIES = {
    "fetchExtension": Field("extension", {"extensionId": "ID"}),
    "fetchAllExtensions": Field("ExtensionConnection", {"first": "Int", "after": "String"}),
}
_CORE_MUTATIONS = {
    "addExtension": Field("payload", {"input": "addExtensionInput!"}),
    "updateExtension": Field("payload", {"input": "updateExtensionInput!"}),
    "deleteExtension": Field("payload", {"input": "deleteExtensionInput!"}),
}
_FRAMEWORK_QUERIES = {
    "fetchNeedReload": Field("module"),
    "fetchApiStatus": Field("module", {"txnId": "ID!"}),
}
_FRAMEWORK_MUTATIONS = {"doreload": Field("doreloadPayload", {"input": "doreloadInput!"})}
_TYPES: Mapping[str, Mapping[str, Field]] = {
    "extension": {
        **_STATE,
        **dict.fromkeys(("id", "extensionId", "tech"), Field()),
        "user": Field("coreuser"),
        "coreDevice": Field("coredevice"),
    },
    "ExtensionConnection": {**_STATE, "totalCount": Field(), "count": Field(), "extension": Field("extension")},
    "coreuser": dict.fromkeys(
        (
            *("id", "extension", "name", "extPassword", "outboundCid", "voicemail", "ringtimer", "noanswer"),
            *("recording", "password", "sipname"),
        ),
        Field(),
    ),
    "coredevice": dict.fromkeys(
        ("id", "deviceId", "tech", "dial", "devicetype", "description", "emergencyCid"), Field()
    ),
    "payload": _PAYLOAD,
    "doreloadPayload": {**_PAYLOAD, "transaction_id": Field()},
    "module": {**_STATE, "details": Field()},
    "__Schema": {"mutationType": Field("__Type")},
    "__Type": {"fields": Field("__Field")},
    "__Field": {"name": Field()},
}
_INPUTS = {
    "addExtensionInput": {"extensionId": "ID!", "name": "String!", "email": "String!", **_EXTENSION_INPUT},
    "updateExtensionInput": {
        "extensionId": "ID!",
        "name": "String",
        "email": "String",
        "extPassword": "String",
        **_EXTENSION_INPUT,
    },
    "deleteExtensionInput": {"extensionId": "ID!", "clientMutationId": "String"},
    "doreloadInput": {"clientMutationId": "String"},
}
SCOPES = {"gql", "gql:core", "gql:core:read", "gql:framework", "gql:framework:read", "gql:voicemail"}


def schema_for(scopes: frozenset[str]) -> Schema:
    """What somebody with these scopes may ask for and do."""
    everything = "gql" in scopes
    core, framework = everything or "gql:core" in scopes, everything or "gql:framework" in scopes
    queries = {
        "__schema": Field("__Schema"),
        **(_CORE_QUERIES if core or "gql:core:read" in scopes else {}),
        **(_FRAMEWORK_QUERIES if framework or "gql:framework:read" in scopes else {}),
    }
    mutations = {**(_CORE_MUTATIONS if core else {}), **(_FRAMEWORK_MUTATIONS if framework else {})}
    return Schema({"Query": queries, "Mutation": mutations, **_TYPES}, _INPUTS)
