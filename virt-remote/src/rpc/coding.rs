//! From a procedure's types to bytes and back, with its name in what goes wrong.

use super::error::{Called, RpcError, RpcResult};
use super::packet::Address;
use crate::protocol::net::MESSAGE_PAYLOAD_MAX;
use crate::protocol::procedure::{Procedure, ProcedureInfo};
use crate::protocol::xdr::{self, XdrError};

pub(super) fn called(info: &'static ProcedureInfo) -> Called {
    Called {
        name: info.name.into(),
        reads_only: info.reads_only,
    }
}

pub(super) fn address(info: &ProcedureInfo) -> Address {
    Address {
        program: info.program.number,
        version: info.program.version,
        number: info.number,
    }
}

pub(super) fn encode<P: Procedure>(args: &P::Args, called: &Called) -> RpcResult<Vec<u8>> {
    let payload = xdr::to_bytes(args).map_err(|source| RpcError::Encode {
        procedure: called.clone(),
        source,
    })?;
    check_size(&payload, called)?;
    Ok(payload)
}

pub(super) fn check_size(payload: &[u8], called: &Called) -> RpcResult<()> {
    match u32::try_from(payload.len()) {
        Ok(length) if length <= MESSAGE_PAYLOAD_MAX => Ok(()),
        _ => Err(RpcError::Encode {
            procedure: called.clone(),
            source: XdrError::TooLong {
                length: u64::try_from(payload.len()).unwrap_or(u64::MAX),
                limit: MESSAGE_PAYLOAD_MAX,
            },
        }),
    }
}

pub(super) fn decode<T: xdr::Xdr>(returned: &[u8], procedure: Called) -> RpcResult<T> {
    xdr::from_bytes(returned).map_err(|source| RpcError::Decode { procedure, source })
}
