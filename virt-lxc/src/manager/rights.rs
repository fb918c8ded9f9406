//! Which control groups an ordinary user may make.

use virt_core::Result;
use virt_core::host::{BatchMode, FileStat, Host, HostFacts, HostOp, HostReply};

use crate::cgroup::{CgroupLayout, Controller};

/// Where our own groups are: below those liblxc makes a container's.
const OWN_GROUPS: &str = "/proc/self/cgroup";

/// The layout with those controllers alone in whose hierarchies groups can be made: root may everywhere, others where a
/// group was given to them.
pub(super) async fn usable(host: &dyn Host, facts: &HostFacts, layout: CgroupLayout) -> Result<CgroupLayout> {
    if facts.uid == 0 {
        return Ok(layout);
    }
    let groups = host.files().read(OWN_GROUPS).await?;
    let groups = String::from_utf8_lossy(&groups).into_owned();
    let places: Vec<(Controller, Option<String>)> = Controller::ALL
        .iter()
        .map(|controller| (*controller, layout.own_directory(*controller, &groups)))
        .collect();
    let stats = places.iter().map(|(_, place)| HostOp::Stat {
        path: place.clone().unwrap_or_default(),
    });
    let replies = host.batch(BatchMode::All, stats.collect()).await;
    let denied = places
        .into_iter()
        .zip(replies)
        .filter_map(|((controller, _), reply)| {
            let is_ours = matches!(reply, Ok(HostReply::Stat(Some(stat))) if may_write(facts, &stat));
            (!is_ours).then_some(controller)
        });
    Ok(layout.without(denied.collect()))
}

fn may_write(facts: &HostFacts, stat: &FileStat) -> bool {
    let bit = if stat.uid == facts.uid {
        0o200
    } else if stat.gid == facts.gid {
        0o020
    } else {
        0o002
    };
    stat.mode & bit != 0
}
