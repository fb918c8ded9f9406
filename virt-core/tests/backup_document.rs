//! Checkpoints and backups through their public door: written by hand, read back, checked, laid beside a domain.

use virt_core::model::backup::{BackupDisk, BackupServer};
use virt_core::model::checkpoint::CheckpointDisk;
use virt_core::model::domain::devices::ImageFormat;
use virt_core::model::{BackupConfig, CheckpointConfig, Disk, DomainConfig};
use virt_core::xml::Position;

fn web() -> DomainConfig {
    let mut config = DomainConfig::default();
    config.devices_mut().disks = vec![
        Disk::file("/srv/web.qcow2").target("vda"),
        Disk::block("/dev/vg/data").target("vdb"),
        Disk::cdrom("/install.iso").target("sda"),
    ];
    config
}

#[test]
fn a_checkpoint_is_written_by_hand_and_filled_in() {
    let checkpoint = CheckpointConfig::builder()
        .name("monday")
        .description("after the backup")
        .disk(CheckpointDisk::bitmap("/srv/web.qcow2"))
        .build()
        .unwrap();
    assert_eq!(
        CheckpointConfig::from_xml(&checkpoint.to_xml()).unwrap(),
        checkpoint
    );
    let made = checkpoint.align(&web()).unwrap().created_at(1_553_647_812);
    assert_eq!(
        made.normalized().to_xml(),
        "<domaincheckpoint>
  <name>monday</name>
  <description>after the backup</description>
  <creationTime>1553647812</creationTime>
  <disks>
    <disk name='vda' checkpoint='bitmap' bitmap='monday'/>
    <disk name='vdb' checkpoint='no'/>
    <disk name='sda' checkpoint='no'/>
  </disks>
</domaincheckpoint>
"
    );
    let all = CheckpointConfig::builder().name("all").build().unwrap();
    let kinds: Vec<_> = all
        .align(&web())
        .unwrap()
        .rows()
        .iter()
        .map(CheckpointDisk::kind)
        .collect();
    let kinds: Vec<_> = kinds.iter().map(ToString::to_string).collect();
    assert_eq!(kinds, ["bitmap", "bitmap", "no"]);
}

#[test]
fn a_checkpoint_that_cannot_be_is_refused_with_its_place() {
    let cases = [
        ("<name>../escape</name>", "/domaincheckpoint/name"),
        ("<name>.hidden</name>", "/domaincheckpoint/name"),
        ("<parent/>", "/domaincheckpoint/parent/name"),
        ("<disks/>", "/domaincheckpoint/disks/disk"),
        (
            "<disks><disk name='vda' checkpoint='no' bitmap='a'/></disks>",
            "/domaincheckpoint/disks/disk[1]/@bitmap",
        ),
        (
            "<disks><disk name='vda' checkpoint='internal'/></disks>",
            "/domaincheckpoint/disks/disk[1]/@checkpoint",
        ),
        (
            "<disks><disk name='data'/></disks>",
            "/domaincheckpoint/disks/disk[1]/@name",
        ),
        ("<active>0</active>", "/domaincheckpoint/active[1]"),
    ];
    for (part, path) in cases {
        let text = format!("<domaincheckpoint>\n  {part}\n</domaincheckpoint>");
        let error = CheckpointConfig::from_xml(&text).unwrap().validate().unwrap_err();
        assert_eq!(error.path(), path, "{part}");
        assert!(error.position().is_some_and(Position::is_known), "{part}");
    }
    let readonly = CheckpointConfig::builder()
        .name("a")
        .disk(CheckpointDisk::bitmap("sda"))
        .build()
        .unwrap();
    assert!(readonly.align(&web()).is_err());
    let old = CheckpointConfig::builder()
        .name("a")
        .build()
        .unwrap()
        .created_at(1);
    assert_eq!(
        old.validate_redefined().unwrap_err().path(),
        "/domaincheckpoint/domain"
    );
}

#[test]
fn a_pushed_backup_is_written_by_hand_and_filled_in() {
    let backup = BackupConfig::push()
        .since("monday")
        .disk(BackupDisk::included("vda").format(ImageFormat::Raw))
        .disk(BackupDisk::to_block("vdb", "/dev/vg/backup").full())
        .build()
        .unwrap();
    assert_eq!(BackupConfig::from_xml(&backup.to_xml()).unwrap(), backup);
    assert_eq!(
        backup.align(&web(), "tuesday").unwrap().normalized().to_xml(),
        "<domainbackup mode='push'>
  <incremental>monday</incremental>
  <disks>
    <disk name='vda' backup='yes' type='file' backupmode='incremental' incremental='monday'>
      <driver type='raw'/>
      <target file='/srv/web.qcow2.tuesday'/>
    </disk>
    <disk name='vdb' backup='yes' type='block' backupmode='full'>
      <target dev='/dev/vg/backup'/>
    </disk>
    <disk name='sda' backup='no'/>
  </disks>
</domainbackup>
"
    );
    // Nothing is said: all that can be written to, and a block device needs a place.
    let all = BackupConfig::push().build().unwrap();
    assert!(all.align(&web(), "x").unwrap_err().to_string().contains("'vdb'"));
    let mut one = web();
    one.devices_mut().disks.remove(1);
    let aligned = all.align(&one, "x").unwrap();
    let included: Vec<_> = aligned.rows().iter().map(BackupDisk::is_included).collect();
    assert_eq!(included, [true, false]);
}

#[test]
fn a_pulled_backup_has_a_server() {
    let backup = BackupConfig::pull(BackupServer::tcp("localhost", 10809).with_tls())
        .disk(
            BackupDisk::with_scratch_file("vda", "/srv/vda.scratch")
                .since("monday")
                .exported_as("web"),
        )
        .build()
        .unwrap();
    assert_eq!(
        backup.to_xml(),
        "<domainbackup mode='pull'>
  <server transport='tcp' tls='yes' name='localhost' port='10809'/>
  <disks>
    <disk name='vda' backup='yes' type='file' backupmode='incremental' incremental='monday' exportname='web'>
      <scratch file='/srv/vda.scratch'/>
    </disk>
  </disks>
</domainbackup>
"
    );
    let daemons = "<domainbackup mode='pull'>
  <server transport='unix' socket='/run/s'/>
  <disks>
    <disk name='vda' backup='yes' state='running' type='file'/>
  </disks>
  <privateData>
    <objects>
      <secret type='tlskey' alias='a'/>
    </objects>
  </privateData>
</domainbackup>
";
    let backup = BackupConfig::from_xml(daemons).unwrap();
    assert_eq!(backup.to_xml(), daemons);
    assert!(backup.unknown().is_empty());
    let shown = backup.without_private().to_xml();
    assert!(
        !shown.contains("privateData") && !shown.contains("state="),
        "{shown}"
    );
}

#[test]
fn a_backup_that_cannot_be_is_refused_with_its_place() {
    let disk = "/domainbackup/disks/disk[1]";
    let cases = [
        ("mode='copy'", "", "/domainbackup/@mode".to_owned()),
        ("mode='pull'", "", "/domainbackup/server".to_owned()),
        ("", "<server name='h'/>", "/domainbackup/server".to_owned()),
        (
            "mode='pull'",
            "<server transport='unix' socket='s'/>",
            "/domainbackup/server/@socket".to_owned(),
        ),
        (
            "mode='pull'",
            "<server transport='rdma' name='h'/>",
            "/domainbackup/server/@transport".to_owned(),
        ),
        (
            "",
            "<disks><disk name='vda' type='network'/></disks>",
            format!("{disk}/@type"),
        ),
        (
            "",
            "<disks><disk name='vda'><scratch file='/a'/></disk></disks>",
            format!("{disk}/scratch"),
        ),
        (
            "",
            "<disks><disk name='vda'><target file='a'/></disk></disks>",
            format!("{disk}/target/@file"),
        ),
        (
            "",
            "<disks><disk name='vda' backupmode='incremental'/></disks>",
            format!("{disk}/@incremental"),
        ),
        ("", "<novelty/>", "/domainbackup/novelty[1]".to_owned()),
    ];
    for (mode, part, path) in cases {
        let text = format!("<domainbackup {mode}>\n  {part}\n</domainbackup>");
        let error = BackupConfig::from_xml(&text).unwrap().validate().unwrap_err();
        assert_eq!(error.path(), path, "{mode} {part}");
        assert!(error.position().is_some_and(Position::is_known), "{mode} {part}");
    }
    let twice = BackupConfig::push()
        .disk(BackupDisk::included("vda"))
        .disk(BackupDisk::excluded("vda"))
        .build();
    assert_eq!(
        twice.unwrap_err().path(),
        format!("{}/@name", disk.replace('1', "2"))
    );
}
