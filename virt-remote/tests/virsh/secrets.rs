//! Secrets: that they are there, and not what they are.

use virt_core::model::SecretConfig;
use virt_core::secret::SecretFilter;

use super::check::Check;

pub async fn compare(check: &mut Check) {
    let config = SecretConfig::ceph("proof").build().expect("a document");
    let secret = check.connection.define_secret(&config).await.expect("a secret");
    let infos = check.connection.secret_infos(&SecretFilter::all()).await;
    let rows = infos.expect("secrets").into_iter().map(|info| {
        let usage = info
            .secret
            .usage
            .map(|usage| format!("{} {}", usage.kind, usage.id));
        vec![info.secret.uuid.to_string(), usage.unwrap_or_default()]
    });
    let rows = rows.collect();
    check.table("secret-list", rows).await;
    let document = secret.config().await.expect("a document").to_xml();
    check
        .document(&format!("secret-dumpxml {}", secret.uuid()), &document)
        .await;
    secret.undefine().await.expect("undefined");
}
