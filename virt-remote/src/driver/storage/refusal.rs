//! What a daemon's errors about storage mean, where the code alone does not say it.

use virt_core::{CallContext, Error, ErrorKind};

use crate::driver::link::Link;
use crate::driver::objects;
use crate::protocol::error_code::ErrorCode;
use crate::protocol::remote::storage_pool::{ConnectListAllStoragePools, ConnectListAllStoragePoolsArgs};
use crate::rpc::RpcError;

/// The error of something that needs what a pool or a volume stands on: a path that is missing there says nothing
/// about the pool itself.
pub(super) fn of_ground(error: RpcError) -> Error {
    let is_missing = error.code() == Some(ErrorCode::SYSTEM_ERROR)
        && error.libvirt().map(crate::rpc::kind_of) == Some(ErrorKind::NotFound);
    if is_missing {
        let message = "what it stands on is not there: build the pool first";
        return Error::new(ErrorKind::Failed, message).with_source(error);
    }
    if error.code() == Some(ErrorCode::STORAGE_POOL_BUILT) {
        let message = "something lies there already: have it replaced, or start the pool as it is";
        return Error::new(ErrorKind::AlreadyExists, message).with_source(error);
    }
    error.into()
}

/// "There is none such", naming a few pools that do exist.
pub(super) async fn no_such_pool(link: &Link, call: &CallContext, cause: RpcError) -> Error {
    let args = ConnectListAllStoragePoolsArgs {
        need_results: 1,
        flags: 0,
    };
    let listed = link.call::<ConnectListAllStoragePools>(call, &args).await;
    let names = listed.map(|listed| {
        listed
            .pools
            .into_iter()
            .map(|pool| pool.name.into_text())
            .collect()
    });
    objects::no_such("storage pool", names.ok()).with_source(cause)
}
