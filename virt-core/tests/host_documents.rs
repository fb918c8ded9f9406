//! What hosts and hypervisors tell: capabilities, domain capabilities, CPUs, sysinfo; read, asked, written back.

use virt_core::model::domain::devices::DiskBus;
use virt_core::model::domain::{Cpu, CpuMode, DomainType, OsKind, SysInfo, SysInfoBlock};
use virt_core::model::{AnyDocument, ByteSize, Capabilities, DomainCapabilities};

const HOST: &str = "<capabilities>
  <host>
    <uuid>a25c794c-34ad-11b2-a85c-b030533115b8</uuid>
    <cpu>
      <arch>x86_64</arch>
      <model>Haswell-noTSX</model>
      <vendor>Intel</vendor>
      <microcode version='45'/>
      <signature family='6' model='60' stepping='3'/>
      <counter name='tsc' frequency='2596991000' scaling='no'/>
      <topology sockets='1' dies='1' clusters='1' cores='2' threads='1'/>
      <maxphysaddr mode='emulate' bits='39'/>
      <feature name='vmx'/>
      <pages size='4' unit='KiB'/>
      <pages size='2048' unit='KiB'/>
    </cpu>
    <power_management>
      <suspend_mem/>
    </power_management>
    <iommu support='yes'/>
    <migration_features>
      <live/>
      <uri_transports>
        <uri_transport>tcp</uri_transport>
      </uri_transports>
    </migration_features>
    <topology>
      <cells num='2'>
        <cell id='0'>
          <memory unit='KiB'>1048576</memory>
          <pages size='2048' unit='KiB'>4</pages>
          <distances>
            <sibling id='0' value='10'/>
            <sibling id='1' value='21'/>
          </distances>
          <cpus num='2'>
            <cpu id='0' socket_id='0' die_id='0' cluster_id='0' core_id='0' siblings='0'/>
            <cpu id='1'/>
          </cpus>
        </cell>
        <cell id='1'>
          <memory unit='MiB'>1024</memory>
          <cpus num='0'/>
        </cell>
      </cells>
    </topology>
    <cache>
      <bank id='0' level='3' type='both' size='20' unit='MiB' cpus='0-1'>
        <control granularity='1' min='2' unit='MiB' type='code' maxAllocs='8'/>
      </bank>
    </cache>
    <secmodel>
      <model>dac</model>
      <doi>0</doi>
      <baselabel type='kvm'>+107:+107</baselabel>
    </secmodel>
  </host>
  <guest>
    <os_type>hvm</os_type>
    <arch name='x86_64'>
      <wordsize>64</wordsize>
      <emulator>/usr/bin/qemu-system-x86_64</emulator>
      <machine maxCpus='255'>pc-i440fx-10.0</machine>
      <machine canonical='pc-i440fx-10.0' maxCpus='255'>pc</machine>
      <domain type='qemu'/>
      <domain type='kvm'>
        <emulator>/usr/bin/qemu-kvm</emulator>
        <machine maxCpus='4096'>q35</machine>
      </domain>
    </arch>
    <features>
      <acpi default='on' toggle='yes'/>
      <cpuselection/>
    </features>
  </guest>
</capabilities>
";

#[test]
fn a_host_is_asked_what_it_has() {
    let host = Capabilities::from_xml(HOST).unwrap();
    assert_eq!(host.to_xml(), HOST);
    assert!(host.unknown().is_empty(), "{:?}", host.unknown());
    assert_eq!(host.host_arch(), Some("x86_64"));
    let cpu = host.host_cpu().unwrap();
    assert!(cpu.is_host() && cpu.names_feature("vmx"));
    assert_eq!(cpu.model_name(), Some("Haswell-noTSX"));
    assert_eq!(cpu.pages[1].size, Some(ByteSize::mib(2)));
    cpu.validate().unwrap();
    assert_eq!(host.memory(), ByteSize::gib(2));
    assert_eq!(host.online_cpus().count(), 1);
    let here = &host.cells()[0];
    assert_eq!(here.distance_to(1), Some(21));
    assert_eq!(here.page_count(ByteSize::mib(2)), Some(4));
    assert!(host.can_migrate_live() && host.has_iommu());
    assert_eq!(host.base_label("dac", "kvm"), Some("+107:+107"));
    let cache = host.host.as_ref().and_then(|host| host.cache.as_ref()).unwrap();
    assert_eq!(cache.banks[0].size, Some(ByteSize::mib(20)));
    assert_eq!(cache.banks[0].controls[0].step(), Some(ByteSize::mib(1)));
}

#[test]
fn a_host_is_asked_which_guests_it_can_run() {
    let host = Capabilities::from_xml(HOST).unwrap();
    assert!(host.supports("x86_64", &DomainType::Kvm));
    assert!(!host.supports("x86_64", &DomainType::Xen));
    assert!(!host.supports("s390x", &DomainType::Kvm));
    assert_eq!(host.guests_of("x86_64").count(), 1);
    let guest = host.guest("x86_64", &OsKind::Hvm).unwrap();
    assert_eq!(guest.emulator(&DomainType::Kvm), Some("/usr/bin/qemu-kvm"));
    assert_eq!(
        guest.emulator(&DomainType::Qemu),
        Some("/usr/bin/qemu-system-x86_64")
    );
    assert_eq!(guest.machines(&DomainType::Kvm).len(), 1);
    assert_eq!(
        guest.canonical_machine(&DomainType::Qemu, "pc"),
        Some("pc-i440fx-10.0")
    );
    assert_eq!(guest.max_cpus(&DomainType::Kvm, "q35"), Some(4096));
    assert_eq!(guest.max_cpus(&DomainType::Kvm, "pc"), None);
}

const DOMAIN: &str = "<domainCapabilities>
  <path>/usr/bin/qemu-system-x86_64</path>
  <domain>kvm</domain>
  <machine>pc-q35-10.0</machine>
  <arch>x86_64</arch>
  <vcpu max='4096'/>
  <iothreads supported='yes'/>
  <os supported='yes'>
    <enum name='firmware'>
      <value>efi</value>
    </enum>
    <loader supported='yes'>
      <value>/usr/share/OVMF/OVMF_CODE.fd</value>
      <enum name='secure'>
        <value>yes</value>
        <value>no</value>
      </enum>
    </loader>
  </os>
  <cpu>
    <mode name='host-model' supported='yes'>
      <model fallback='forbid'>EPYC</model>
      <vendor>AMD</vendor>
      <maxphysaddr mode='passthrough' limit='48'/>
      <feature policy='require' name='x2apic'/>
    </mode>
    <mode name='custom' supported='yes'>
      <model usable='no' deprecated='yes' vendor='Intel'>Haswell</model>
      <blockers model='Haswell'>
        <feature name='hle'/>
        <feature name='rtm'/>
      </blockers>
      <model usable='yes' vendor='AMD' canonical='EPYC-v1'>EPYC</model>
    </mode>
  </cpu>
  <devices>
    <disk supported='yes'>
      <enum name='bus'>
        <value>scsi</value>
        <value>virtio</value>
        <value>nvme-of</value>
      </enum>
    </disk>
    <video supported='no'>
      <enum name='modelType'>
        <value>qxl</value>
      </enum>
    </video>
  </devices>
  <features>
    <backup supported='yes'/>
    <sev supported='yes'>
      <cbitpos>51</cbitpos>
      <reducedPhysBits>1</reducedPhysBits>
      <maxGuests>59</maxGuests>
      <maxESGuests>450</maxESGuests>
    </sev>
    <sgx supported='no'/>
    <tdx supported='no'/>
    <launchSecurity supported='yes'>
      <enum name='sectype'>
        <value>sev</value>
      </enum>
    </launchSecurity>
  </features>
</domainCapabilities>
";

#[test]
fn a_hypervisor_is_asked_what_guests_can_have() {
    let caps = DomainCapabilities::from_xml(DOMAIN).unwrap();
    assert_eq!(caps.to_xml(), DOMAIN);
    assert_eq!(caps.max_vcpus(), Some(4096));
    assert_eq!(caps.firmwares(), ["efi"]);
    assert_eq!(caps.loaders(), ["/usr/share/OVMF/OVMF_CODE.fd"]);
    assert!(caps.can_boot_securely());
    assert_eq!(
        caps.disk_buses(),
        [DiskBus::Scsi, DiskBus::Virtio, DiskBus::from("nvme-of")]
    );
    assert!(caps.supports("disk", "bus", "virtio"));
    assert!(!caps.supports("disk", "bus", "ide"));
    assert!(
        !caps.supports("video", "modelType", "qxl"),
        "there is no video at all"
    );
    assert!(!caps.supports("toaster", "bus", "bread"));
    assert!(caps.has_feature("backup") && caps.has_feature("sev"));
    assert!(!caps.has_feature("sgx") && !caps.has_feature("ps2"));
    assert_eq!(caps.launch_security(), ["sev"]);
    assert_eq!(
        caps.unknown().len(),
        2,
        "an element of a later version, and its attribute"
    );
}

#[test]
fn a_hypervisor_is_asked_for_cpus() {
    let caps = DomainCapabilities::from_xml(DOMAIN).unwrap();
    assert_eq!(caps.usable_cpu_models().collect::<Vec<_>>(), ["EPYC"]);
    assert_eq!(caps.cpu_models().len(), 2);
    assert_eq!(caps.cpu_blockers("Haswell").collect::<Vec<_>>(), ["hle", "rtm"]);
    assert_eq!(caps.cpu_blockers("EPYC").count(), 0);
    assert_eq!(
        caps.cpu_model("EPYC").unwrap().canonical.as_deref(),
        Some("EPYC-v1")
    );
    let cpu = caps.host_model().unwrap();
    cpu.validate().unwrap();
    assert_eq!(
        cpu.to_xml(),
        "<cpu mode='custom' match='exact'>
  <model fallback='forbid'>EPYC</model>
  <vendor>AMD</vendor>
  <maxphysaddr mode='passthrough' limit='48'/>
  <feature policy='require' name='x2apic'/>
</cpu>
"
    );
}

#[test]
fn a_cpu_is_refused_with_path_and_place() {
    let wrong = [
        (
            "<cpu>\n<topology sockets='1' cores='2'/></cpu>",
            "/cpu/topology/@threads",
        ),
        (
            "<cpu>\n<topology sockets='1' cores='0' threads='1'/></cpu>",
            "/cpu/topology/@cores",
        ),
        (
            "<cpu><model>qemu64</model><feature name='vmx'/>\n<feature name='vmx'/></cpu>",
            "/cpu/feature[2]/@name",
        ),
        (
            "<cpu><model>qemu64</model>\n<feature policy='perhaps' name='vmx'/></cpu>",
            "/cpu/feature[1]/@policy",
        ),
        (
            "\n<cpu><feature policy='require' name='vmx'/></cpu>",
            "/cpu/model",
        ),
        (
            "<cpu>\n<cache level='4' mode='emulate'/></cpu>",
            "/cpu/cache/@level",
        ),
        (
            "<cpu>\n<model vendor_id='short'>qemu64</model></cpu>",
            "/cpu/model/@vendor_id",
        ),
        (
            "<cpu><arch>x86_64</arch>\n<counter name='tsc'/></cpu>",
            "/cpu/counter/@frequency",
        ),
    ];
    for (text, path) in wrong {
        let error = Cpu::from_xml(text).unwrap().validate().unwrap_err();
        assert_eq!(error.path(), path, "{text}");
        assert_eq!(error.position().map(|place| place.line()), Some(2), "{text}");
    }
    for right in [
        "<cpu mode='host-passthrough'><feature policy='disable' name='vmx'/></cpu>",
        "<cpu><arch>ppc64</arch><model>POWER9</model><vendor>IBM</vendor></cpu>",
        "<cpu><topology sockets='1' dies='2' cores='2' threads='2'/></cpu>",
    ] {
        Cpu::from_xml(right).unwrap().validate().unwrap();
    }
}

#[test]
fn a_machine_says_who_made_it() {
    let text = "<sysinfo type='smbios'>
  <bios>
    <entry name='vendor'>LENOVO</entry>
  </bios>
  <processor>
    <entry name='status'>Populated, Enabled</entry>
  </processor>
  <memory_device>
    <entry name='size'>2048 MB</entry>
  </memory_device>
  <oemStrings>
    <entry>Hello</entry>
  </oemStrings>
</sysinfo>
";
    let machine = SysInfo::from_xml(text).unwrap();
    assert_eq!(machine.to_xml(), text);
    assert!(machine.unknown().is_empty());
    let bios = machine.bios.as_ref().unwrap();
    assert_eq!(bios.value("vendor"), Some("LENOVO"));
    assert_eq!(machine.memory_devices[0].value("size"), Some("2048 MB"));
    let block = SysInfoBlock::default()
        .with("a", "1")
        .with("b", "2")
        .with("a", "3");
    assert_eq!((block.value("a"), block.entries.len()), (Some("3"), 2));
}

#[test]
fn any_document_of_a_host_is_told_by_its_root() {
    let data = "<cpudata arch='x86'>
  <cpuid eax_in='0x00000001' ecx_in='0x00' eax='0x00000000' ebx='0x00000000' ecx='0xb6b83203' edx='0x078bfbff'/>
  <msr index='0x10a' edx='0x00000000' eax='0x0000006b'/>
</cpudata>
";
    for (text, root) in [
        (HOST, "capabilities"),
        (DOMAIN, "domainCapabilities"),
        (data, "cpudata"),
    ] {
        let document = AnyDocument::from_xml(text).unwrap();
        assert_eq!(document.root(), root);
        assert_eq!(document.canonical(), document);
        assert_eq!(document.to_xml(), text);
    }
    let AnyDocument::CpuData(data) = AnyDocument::from_xml(data).unwrap() else {
        panic!("it is cpudata")
    };
    assert_eq!(data.cpuids[0].ecx.unwrap().0, 0xb6b8_3203);
    let mode = DomainCapabilities::from_xml(DOMAIN).unwrap();
    assert!(mode.cpu_mode(&CpuMode::Maximum).is_none());
}
