//! What is wrong with a domain, where, and how that is said; what is odd but taken; and what libvirt makes of it.

use virt_core::model::domain::DomainConfig;
use virt_core::xml::XmlError;

/// The domain with that content, which begins on its second line.
fn domain(inside: &str) -> Result<DomainConfig, XmlError> {
    let text = format!("<domain type='kvm'><name>a</name><memory>1</memory>\n{inside}\n</domain>");
    DomainConfig::from_xml(&text)
}

/// Every row is refused with its sentence.
fn all_refused(rows: &[(&str, &str)], wrap: impl Fn(&str) -> String) {
    for (inside, sentence) in rows {
        let refused = domain(&wrap(inside)).and_then(|config| config.validate());
        let said = refused.map_or_else(|error| error.to_string(), |()| "it is taken".to_owned());
        assert_eq!(said, *sentence, "{inside}");
    }
}

/// What is wrong with the machine, and how that is said.
const MACHINES: &[(&str, &str)] = &[
    (
        "<title>a&#10;b</title>",
        "the title has a line break at /domain/title (line 1, column 1)",
    ),
    (
        "<genid>1234</genid>",
        "'1234' is not a UUID at /domain/genid (line 1, column 1)",
    ),
    (
        "<on_poweroff>coredump-destroy</on_poweroff>",
        "'coredump-destroy' is no action for on_poweroff at /domain/on_poweroff (line 1, column 1)",
    ),
    (
        "<on_lockfailure>destroy</on_lockfailure>",
        "'destroy' is no action for on_lockfailure at /domain/on_lockfailure (line 1, column 1)",
    ),
    (
        "<maxMemory slots='2' unit='b'>512</maxMemory>",
        "the memory 1 KiB is more than its bound 512 bytes at /domain/maxMemory (line 2, column 1)",
    ),
    (
        "<memoryBacking><hugepages><page size='0'/></hugepages></memoryBacking>",
        "the size of the page is 0 at /domain/memoryBacking/hugepages/page[1]/@size (line 2, column 27)",
    ),
    (
        "<memoryBacking><hugepages><page size='2048'/><page size='1048576'/></hugepages></memoryBacking>",
        "pages of 2 MiB and of 1 GiB: both are for all nodes without pages of their own at /domain/memoryBacking/hugepages/page[2] (line 2, column 46)",
    ),
    (
        "<memoryBacking><hugepages><page size='2048' nodeset='3'/></hugepages></memoryBacking>",
        "there is no node 3 in the guest at /domain/memoryBacking/hugepages/page[1]/@nodeset (line 2, column 27)",
    ),
    (
        "<memoryBacking><hugepages/><allocation mode='ondemand'/></memoryBacking>",
        "huge pages can't be allocated on demand at /domain/memoryBacking/allocation/@mode (line 2, column 1)",
    ),
    (
        "<memoryBacking><source type='tape'/></memoryBacking>",
        "'tape' is not one of file, anonymous, memfd at /domain/memoryBacking/source/@type (line 2, column 16)",
    ),
    (
        "<vcpu>70000</vcpu>",
        "70000 virtual CPUs are more than 65535 at /domain/vcpu (line 2, column 1)",
    ),
    (
        "<vcpu cpuset='1,^1'>1</vcpu>",
        "the set of CPUs is empty at /domain/vcpu/@cpuset (line 2, column 1)",
    ),
    (
        "<vcpu>2</vcpu><vcpus><vcpu id='2' enabled='yes'/></vcpus>",
        "there is no virtual CPU 2 of 2 at /domain/vcpus/vcpu[1]/@id (line 2, column 22)",
    ),
    (
        "<vcpu>2</vcpu><vcpus><vcpu id='1'/></vcpus>",
        "the attribute 'enabled' is missing at /domain/vcpus/vcpu[1]/@enabled (line 2, column 22)",
    ),
    (
        "<iothreadids><iothread id='0'/></iothreadids>",
        "the id is 0; it begins at 1 at /domain/iothreadids/iothread[1]/@id (line 2, column 14)",
    ),
    (
        "<iothreadids><iothread id='2'/><iothread id='2'/></iothreadids>",
        "the I/O thread 2 is there twice at /domain/iothreadids/iothread[2]/@id (line 2, column 32)",
    ),
    (
        "<cputune><period>10</period></cputune>",
        "10 µs are not from 1000 to 1000000 at /domain/cputune/period (line 2, column 1)",
    ),
    (
        "<cputune><quota>10</quota></cputune>",
        "10 µs are not from 1000 to 18446744073709551 at /domain/cputune/quota (line 2, column 1)",
    ),
    (
        "<vcpu>2</vcpu><cputune><vcpupin vcpu='0' cpuset='1'/><vcpupin vcpu='0' cpuset='2'/></cputune>",
        "the virtual CPU 0 is pinned twice at /domain/cputune/vcpupin[2]/@vcpu (line 2, column 54)",
    ),
    (
        "<cputune><iothreadpin iothread='1' cpuset='1'/></cputune>",
        "there is no I/O thread 1 at /domain/cputune/iothreadpin[1]/@iothread (line 2, column 10)",
    ),
    (
        "<cputune><emulatorpin/></cputune>",
        "the set of CPUs is missing at /domain/cputune/emulatorpin/@cpuset (line 2, column 10)",
    ),
    (
        "<cputune><vcpusched vcpus='0' scheduler='fifo'/></cputune>",
        "the attribute 'priority' is missing at /domain/cputune/vcpusched[1]/@priority (line 2, column 10)",
    ),
    (
        "<vcpu>2</vcpu><cputune><vcpusched vcpus='0-1' scheduler='idle'/><vcpusched vcpus='1' scheduler='batch'/></cputune>",
        "1 has a scheduler already at /domain/cputune/vcpusched[2]/@vcpus (line 2, column 65)",
    ),
    (
        "<vcpu>4</vcpu><cputune><cachetune vcpus='0-1'><cache id='0' level='3' type='both' size='3' unit='MiB'/><cache id='0' level='3' type='code' size='3' unit='MiB'/></cachetune></cputune>",
        "that cache is shared out already at /domain/cputune/cachetune[1]/cache[2]/@type (line 2, column 104)",
    ),
    (
        "<vcpu>4</vcpu><cputune><memorytune vcpus='0'><node id='0' bandwidth='101'/></memorytune></cputune>",
        "more than 100 per cent at /domain/cputune/memorytune[1]/node[1]/@bandwidth (line 2, column 46)",
    ),
    (
        "<blkiotune><device><weight>300</weight></device></blkiotune>",
        "the path of the device is missing at /domain/blkiotune/device[1]/path (line 2, column 12)",
    ),
    (
        "<numatune><memory mode='strict'/></numatune>",
        "the set of nodes, needed unless the placement is auto, is missing at /domain/numatune/memory/@nodeset (line 2, column 11)",
    ),
    (
        "<numatune><memory nodeset='0,^0'/></numatune>",
        "the set of nodes is empty at /domain/numatune/memory/@nodeset (line 2, column 11)",
    ),
    (
        "<numatune><memnode cellid='0' nodeset='1'/></numatune>",
        "the guest has no NUMA cells to bind at /domain/numatune/memnode[1] (line 2, column 11)",
    ),
    (
        "<resource><partition>a</partition></resource>",
        "'a' does not begin with '/' at /domain/resource/partition (line 1, column 1)",
    ),
    (
        "<sysinfo type='smbios'><bios><entry name='date'>2028-02-29</entry></bios></sysinfo>",
        "'2028-02-29' is no date such as 02/29/2028 at /domain/sysinfo[1]/bios/entry (line 2, column 30)",
    ),
    (
        "<os><type>hvm</type><smbios mode='sysinfo'/></os>",
        "the mode is sysinfo, but there is no <sysinfo> at /domain/os/smbios/@mode (line 2, column 21)",
    ),
    (
        "<os><type>hvm</type><boot/></os>",
        "the attribute 'dev' is missing at /domain/os/boot[1]/@dev (line 2, column 21)",
    ),
    (
        "<os><type>hvm</type><loader readonly='no' type='rom'>/f</loader></os>",
        "a loader of the type rom can't be written to at /domain/os/loader/@readonly (line 2, column 21)",
    ),
    (
        "<os><type>hvm</type><loader type='pflash' stateless='yes'>/f</loader><nvram>/v</nvram></os>",
        "there is an <nvram>, but the loader is stateless at /domain/os/nvram (line 2, column 70)",
    ),
    (
        "<os firmware='efi'><type>hvm</type><firmware><feature name='secure-boot' enabled='no'/><feature name='enrolled-keys' enabled='yes'/></firmware></os>",
        "keys can't be enrolled when secure boot is disabled at /domain/os/firmware (line 2, column 36)",
    ),
    (
        "<os/>",
        "the type of the operating system is missing at /domain/os/type (line 2, column 1)",
    ),
    (
        "<idmap><uid start='1' target='1' count='1'/><gid start='0' target='1' count='1'/></idmap>",
        "the root of the container is not mapped at /domain/idmap/uid[1]/@start (line 2, column 8)",
    ),
    (
        "<features><hyperv><spinlocks state='on' retries='1'/></hyperv></features>",
        "fewer retries than 4095 at /domain/features/hyperv/spinlocks/@retries (line 2, column 19)",
    ),
    (
        "<features><kvm><dirty-ring state='on' size='1000'/></kvm></features>",
        "1000 is no power of two from 1024 to 65536 at /domain/features/kvm/dirty-ring/@size (line 2, column 16)",
    ),
    (
        "<features><hyperv><vendor_id state='on' value='much too long'/></hyperv></features>",
        "the id of the vendor has more than 12 characters at /domain/features/hyperv/vendor_id/@value (line 2, column 19)",
    ),
    (
        "<cpu mode='custom'/>",
        "the model of the CPU is missing at /domain/cpu/model (line 2, column 1)",
    ),
    (
        "<cpu mode='host-model' migratable='on'/>",
        "'migratable' is only for the modes host-passthrough and maximum at /domain/cpu/@migratable (line 2, column 1)",
    ),
    (
        "<cpu><topology sockets='1' cores='1'/></cpu>",
        "the number of threads is missing at /domain/cpu/topology/@threads (line 2, column 6)",
    ),
    (
        "<vcpu>8</vcpu><cpu><topology sockets='1' cores='2' threads='2'/></cpu>",
        "the topology has 4 CPUs, the guest 8 at /domain/cpu/topology (line 2, column 20)",
    ),
    (
        "<cpu mode='host-model'><feature name='vmx'/><feature name='vmx'/></cpu>",
        "the feature 'vmx' is there twice at /domain/cpu/feature[2]/@name (line 2, column 45)",
    ),
    (
        "<cpu mode='host-model'><model vendor_id='me'>x</model></cpu>",
        "'me' does not have 12 characters at /domain/cpu/model/@vendor_id (line 2, column 24)",
    ),
    (
        "<cpu><numa><cell id='1' cpus='0' memory='1'/></numa></cpu>",
        "the ids of 1 cells go from 0 without a gap; 1 does not fit at /domain/cpu/numa/cell[1]/@id (line 2, column 12)",
    ),
    (
        "<vcpu>2</vcpu><cpu><numa><cell id='0' cpus='0-1' memory='1'/><cell id='1' cpus='1' memory='1'/></numa></cpu>",
        "the CPU 1 is in two cells at /domain/cpu/numa/cell[2]/@cpus (line 2, column 62)",
    ),
    (
        "<cpu><numa><cell id='0' cpus='0-1' memory='1'/></numa></cpu>",
        "the cells have 2 CPUs, the guest 1 at /domain/cpu/numa (line 2, column 6)",
    ),
    (
        "<cpu><numa><cell id='0' cpus='0'/></numa></cpu>",
        "the attribute 'memory' is missing at /domain/cpu/numa/cell[1]/@memory (line 2, column 12)",
    ),
    (
        "<clock offset='timezone'/>",
        "the time zone is missing at /domain/clock/@timezone (line 2, column 1)",
    ),
    (
        "<clock offset='utc'><timer/></clock>",
        "the name of the timer is missing at /domain/clock/timer[1]/@name (line 2, column 21)",
    ),
    (
        "<keywrap/>",
        "a cipher is missing at /domain/keywrap/cipher (line 2, column 1)",
    ),
    (
        "<seclabel type='static' model='dac'/>",
        "the label is missing at /domain/seclabel[1]/label (line 2, column 1)",
    ),
    (
        "<seclabel model='dac'/><seclabel model='dac'/>",
        "there is a label of the model 'dac' already at /domain/seclabel[2]/@model (line 2, column 24)",
    ),
    (
        "<launchSecurity type='sev'/>",
        "the policy is missing at /domain/launchSecurity/policy (line 2, column 1)",
    ),
];

/// What is wrong with a device, and how that is said.
const DEVICES: &[(&str, &str)] = &[
    (
        "<disk type='file'><source file='/a'/></disk>",
        "the target of the disk is missing at /domain/devices/disk[1]/target/@dev (line 2, column 10)",
    ),
    (
        "<disk type='file'><source file='/a'/><target dev='xyz'/></disk>",
        "'xyz' is no name of a disk, such as 'vda' at /domain/devices/disk[1]/target/@dev (line 2, column 10)",
    ),
    (
        "<disk type='file' device='floppy'><source file='/a'/><target dev='sda'/></disk>",
        "'sda' is no name of a floppy disk, such as 'fda' at /domain/devices/disk[1]/target/@dev (line 2, column 10)",
    ),
    (
        "<disk device='cassette'><source file='/a'/><target dev='sda'/></disk>",
        "'cassette' is not one of disk, cdrom, floppy, lun at /domain/devices/disk[1]/@device (line 2, column 10)",
    ),
    (
        "<disk><source file='/a'/><target dev='sda'/></disk><disk><source file='/b'/><target dev='sda'/></disk>",
        "the target 'sda' is that of disk[1] too at /domain/devices/disk[2]/target/@dev (line 2, column 61)",
    ),
    (
        "<disk><target dev='vda'/></disk>",
        "the source of the disk is missing at /domain/devices/disk[1]/source (line 2, column 10)",
    ),
    (
        "<disk><source file='/a'/><target dev='sda' bus='sata'/><address type='pci' slot='3'/></disk>",
        "an address of the type 'pci' is no place for a disk on the bus 'sata' at /domain/devices/disk[1]/address/@type (line 2, column 65)",
    ),
    (
        "<disk><source file='/a'/><target dev='sda' bus='sata'/><address type='drive' unit='1'/></disk><disk><source file='/a'/><target dev='sdb' bus='sata'/></disk>",
        "/domain/devices/disk[1] has the same place on its controller at /domain/devices/disk[2]/address (line 2, column 104)",
    ),
    (
        "<disk><source file='/a'/><target dev='vda'/><product>much too long a name</product></disk>",
        "the product 'much too long a name' has more than 16 characters at /domain/devices/disk[1]/product (line 2, column 10)",
    ),
    (
        "<disk device='lun'><source file='/a'/><target dev='sda'/></disk>",
        "a lun is a block device, a volume or an iSCSI target at /domain/devices/disk[1]/@type (line 2, column 10)",
    ),
    (
        "<disk type='network'><source protocol='rbd' name='p/i'><host name='h' port='70000'/></source><target dev='vda'/></disk>",
        "the port is not from 0 to 65535 at /domain/devices/disk[1]/source/host[1]/@port (line 2, column 65)",
    ),
    (
        "<disk type='network'><source protocol='rbd'/><target dev='vda'/></disk>",
        "the name of the source is missing at /domain/devices/disk[1]/source/@name (line 2, column 31)",
    ),
    (
        "<disk type='network'><auth username='me'><secret type='iscsi' usage='s'/></auth><source protocol='rbd' name='p/i'/><target dev='vda'/></disk>",
        "a secret of the type 'iscsi' is of no use here; 'ceph' is at /domain/devices/disk[1]/auth/secret/@type (line 2, column 51)",
    ),
    (
        "<disk type='volume'><source pool='p'/><target dev='vda'/></disk>",
        "a volume is named by 'pool' and 'volume' together at /domain/devices/disk[1]/source (line 2, column 30)",
    ),
    (
        "<disk><source file='/a'><encryption format='luks'><secret type='passphrase'/></encryption></source><target dev='vda'/></disk>",
        "the UUID or the usage of the secret is missing at /domain/devices/disk[1]/source/encryption/secret[1] (line 2, column 60)",
    ),
    (
        "<disk><source file='/a'/><target dev='vda'/><iotune><total_iops_sec>1</total_iops_sec><read_iops_sec>1</read_iops_sec></iotune></disk>",
        "there is a total iops_sec, and one for reading or writing at /domain/devices/disk[1]/iotune/total_iops_sec (line 2, column 54)",
    ),
    (
        "<disk><source file='/a'/><target dev='vda'/><throttlefilters><throttlefilter group='g'/></throttlefilters></disk>",
        "there is no group 'g' at /domain/devices/disk[1]/throttlefilters/throttlefilter[1]/@group (line 2, column 71)",
    ),
    (
        "<disk><source file='/a'/><target dev='vda'/><boot order='0'/></disk>",
        "the boot order is 0; it begins at 1 at /domain/devices/disk[1]/boot/@order (line 2, column 54)",
    ),
    (
        "<controller index='0'/>",
        "the attribute 'type' is missing at /domain/devices/controller[1]/@type (line 2, column 10)",
    ),
    (
        "<controller type='usb' index='0'/><controller type='usb' index='0'/>",
        "the index 0 is that of /domain/devices/controller[1] too at /domain/devices/controller[2]/@index (line 2, column 44)",
    ),
    (
        "<controller type='usb' model='ich9-uhci1'/>",
        "there is no master controller with the same index at /domain/devices/controller[1]/@model (line 2, column 10)",
    ),
    (
        "<controller type='usb' model='qemu-xhci' ports='16'/>",
        "an xHCI controller has up to 15 ports, not 16 at /domain/devices/controller[1]/@ports (line 2, column 10)",
    ),
    (
        "<controller type='usb' model='none'/><input type='tablet' bus='usb'/>",
        "USB is switched off by a controller of the model 'none' at /domain/devices/input[1]/@bus (line 2, column 47)",
    ),
    (
        "<controller type='ide'><driver iothread='1'/></controller>",
        "an I/O thread is for SCSI controllers of the model virtio-scsi at /domain/devices/controller[1]/driver/@iothread (line 2, column 33)",
    ),
    (
        "<controller type='pci' index='0' model='pcie-root'/><controller type='pci' index='1' model='pcie-root-port'/><controller type='pci' index='2' model='dmi-to-pci-bridge'><address type='pci' bus='1'/></controller>",
        "a dmi-to-pci-bridge does not go into a pcie-root-port, but into a pcie-root or a pcie-expander-bus at /domain/devices/controller[3]/address/@bus (line 2, column 178)",
    ),
    (
        "<filesystem><source dir='/a'/></filesystem>",
        "the target is missing at /domain/devices/filesystem[1]/target/@dir (line 2, column 10)",
    ),
    (
        "<filesystem accessmode='mapped'><driver type='virtiofs'/><source dir='/a'/><target dir='t'/></filesystem>",
        "the driver virtiofs has the access mode passthrough only at /domain/devices/filesystem[1]/@accessmode (line 2, column 10)",
    ),
    (
        "<interface/>",
        "the attribute 'type' is missing at /domain/devices/interface[1]/@type (line 2, column 10)",
    ),
    (
        "<interface type='network'/>",
        "the attribute 'network' is missing at /domain/devices/interface[1]/source/@network (line 2, column 10)",
    ),
    (
        "<interface type='bridge'><source network='n'/></interface>",
        "the attribute 'bridge' is missing at /domain/devices/interface[1]/source/@bridge (line 2, column 35)",
    ),
    (
        "<interface type='user'><mac address='01:00:00:00:00:00'/></interface>",
        "01:00:00:00:00:00 is the address of a group; that of an interface has an even first byte at /domain/devices/interface[1]/mac/@address (line 2, column 33)",
    ),
    (
        "<interface type='user'><vlan><tag id='5000'/></vlan></interface>",
        "the VLAN tag 5000 is more than 4095 at /domain/devices/interface[1]/vlan/tag[1]/@id (line 2, column 39)",
    ),
    (
        "<interface type='user'><bandwidth><outbound average='1' floor='1'/></bandwidth></interface>",
        "a floor is promised to interfaces only, and for what comes in at /domain/devices/interface[1]/bandwidth/outbound/@floor (line 2, column 44)",
    ),
    (
        "<interface type='user'><portForward proto='tcp'/></interface>",
        "ports are forwarded by the backend passt only at /domain/devices/interface[1]/portForward[1] (line 2, column 33)",
    ),
    (
        "<interface type='user'><driver rx_queue_size='3'/></interface>",
        "3 is no power of two at /domain/devices/interface[1]/driver/@rx_queue_size (line 2, column 33)",
    ),
    (
        "<interface type='user'><ip address='10.0.0.1' prefix='33'/></interface>",
        "the prefix has more than 32 bits at /domain/devices/interface[1]/ip[1]/@prefix (line 2, column 33)",
    ),
    (
        "<interface type='direct'><source dev='eth0' mode='magic'/></interface>",
        "'magic' is not one of vepa, private, bridge, passthrough at /domain/devices/interface[1]/source/@mode (line 2, column 35)",
    ),
    (
        "<interface type='vhostuser'><source type='unix' path='/s' mode='server'><reconnect enabled='yes' timeout='1'/></source></interface>",
        "a server does not connect again; a client does at /domain/devices/interface[1]/source/reconnect (line 2, column 38)",
    ),
    (
        "<serial type='file'/>",
        "the attribute 'path' is missing at /domain/devices/serial[1]/source/@path (line 2, column 10)",
    ),
    (
        "<serial type='tcp'><source mode='bind' host='h'/></serial>",
        "the attribute 'service' is missing at /domain/devices/serial[1]/source/@service (line 2, column 10)",
    ),
    (
        "<serial type='unix'><source path='/a' mode='bind'><reconnect enabled='yes' timeout='1'/></source></serial>",
        "a server does not connect again; mode='connect' does at /domain/devices/serial[1]/source/reconnect (line 2, column 60)",
    ),
    (
        "<channel type='pty'/>",
        "the element <target> is missing at /domain/devices/channel[1]/target (line 2, column 10)",
    ),
    (
        "<channel type='pty'><target type='guestfwd' address='::1' port='1'/></channel>",
        "'::1' is no IPv4 address at /domain/devices/channel[1]/target/@address (line 2, column 30)",
    ),
    (
        "<smartcard mode='host-certificates'><certificate>a</certificate></smartcard>",
        "the mode host-certificates needs 3 certificates, not 1 at /domain/devices/smartcard[1]/certificate (line 2, column 10)",
    ),
    (
        "<input type='tablet' bus='ps2'/>",
        "the bus ps2 has no tablet at /domain/devices/input[1]/@bus (line 2, column 10)",
    ),
    (
        "<input type='evdev'/>",
        "the device of the host is missing at /domain/devices/input[1]/source/@dev (line 2, column 10)",
    ),
    (
        "<tpm model='tpm-tis'/>",
        "the element <backend> is missing at /domain/devices/tpm[1]/backend (line 2, column 10)",
    ),
    (
        "<tpm><backend type='external'/></tpm>",
        "the element <source> is missing at /domain/devices/tpm[1]/backend/source (line 2, column 15)",
    ),
    (
        "<tpm><backend type='emulator'/></tpm><tpm><backend type='emulator'/></tpm>",
        "a guest has one TPM, and one proxy for one at /domain/devices/tpm[2] (line 2, column 47)",
    ),
    (
        "<graphics/>",
        "the attribute 'type' is missing at /domain/devices/graphics[1]/@type (line 2, column 10)",
    ),
    (
        "<graphics type='vnc' listen='1.1.1.1'><listen type='address' address='2.2.2.2'/></graphics>",
        "it is '1.1.1.1', but the first <listen> has the address '2.2.2.2' at /domain/devices/graphics[1]/@listen (line 2, column 10)",
    ),
    (
        "<graphics type='sdl'><listen type='socket' socket='/s'/></graphics>",
        "only VNC and SPICE listen on a socket at /domain/devices/graphics[1]/listen[1]/@type (line 2, column 31)",
    ),
    (
        "<graphics type='egl-headless'/><graphics type='sdl'/>",
        "egl-headless goes with VNC or SPICE only at /domain/devices/graphics[1]/@type (line 2, column 10)",
    ),
    (
        "<sound model='es1370'><audio id='1'/></sound>",
        "there is no <audio id='1'> at /domain/devices/sound[1]/audio/@id (line 2, column 10)",
    ),
    (
        "<audio id='1' type='none'/><audio id='1' type='none'/>",
        "the id 1 is there twice at /domain/devices/audio[2]/@id (line 2, column 37)",
    ),
    (
        "<video><model type='vga' primary='yes'/></video><video><model type='qxl' primary='yes'/></video>",
        "there is a primary adapter already at /domain/devices/video[2]/model/@primary (line 2, column 65)",
    ),
    (
        "<video><model type='vga' ram='1'/></video>",
        "'ram' is for the type qxl at /domain/devices/video[1]/model/@ram (line 2, column 17)",
    ),
    (
        "<video><model type='none'/></video><video><model type='vga'/></video>",
        "an adapter of the type 'none' is the only one at /domain/devices/video[1]/model/@type (line 2, column 17)",
    ),
    (
        "<hostdev type='pci'/>",
        "the element <source> is missing at /domain/devices/hostdev[1]/source (line 2, column 10)",
    ),
    (
        "<hostdev type='usb'><source><vendor id='0x1'/></source></hostdev>",
        "the product of the vendor is missing at /domain/devices/hostdev[1]/source/product (line 2, column 30)",
    ),
    (
        "<hostdev type='pci'><source><address bus='1'/></source></hostdev><hostdev type='pci'><source><address bus='0x01'/></source></hostdev>",
        "the same device is handed through already at /domain/devices/hostdev[2]/source (line 2, column 75)",
    ),
    (
        "<hostdev type='mdev' model='vfio-pci'><source/></hostdev>",
        "the UUID of the device is missing at /domain/devices/hostdev[1]/source/address/@uuid (line 2, column 48)",
    ),
    (
        "<hostdev type='pci' sgio='filtered'><source><address bus='1'/></source></hostdev>",
        "'sgio' is for the type scsi at /domain/devices/hostdev[1]/@sgio (line 2, column 10)",
    ),
    (
        "<watchdog model='none'/>",
        "'none' is not one of i6300esb, ib700, diag288, itco at /domain/devices/watchdog[1]/@model (line 2, column 10)",
    ),
    (
        "<rng model='virtio'/>",
        "the element <backend> is missing at /domain/devices/rng[1]/backend (line 2, column 10)",
    ),
    (
        "<rng model='virtio'><backend model='egd' type='unix'><source mode='connect'/></backend></rng>",
        "the attribute 'path' is missing at /domain/devices/rng[1]/backend/source/@path (line 2, column 30)",
    ),
    (
        "<panic model='isa'/><panic model='isa'/>",
        "there is a device of the model 'isa' already at /domain/devices/panic[2]/@model (line 2, column 30)",
    ),
    (
        "<shmem name='a/b'/>",
        "the name 'a/b' has a '/' at /domain/devices/shmem[1]/@name (line 2, column 10)",
    ),
    (
        "<shmem name='a'><size unit='K'>5</size></shmem>",
        "5 KiB is no power of two from 1 MiB on at /domain/devices/shmem[1]/size (line 2, column 10)",
    ),
    (
        "<memory model='dimm'><target><node>0</node></target></memory>",
        "the size is missing at /domain/devices/memory[1]/target/size (line 2, column 31)",
    ),
    (
        "<memory model='nvdimm'><target><size>1</size></target></memory>",
        "the path of the nvdimm is missing at /domain/devices/memory[1]/source/path (line 2, column 33)",
    ),
    (
        "<iommu model='virtio'><driver intremap='on'/></iommu>",
        "an IOMMU of the model virtio has no 'intremap' at /domain/devices/iommu[1]/driver/@intremap (line 2, column 32)",
    ),
    (
        "<vsock><cid address='2'/></vsock>",
        "the addresses of guests begin at 3 at /domain/devices/vsock/cid/@address (line 2, column 17)",
    ),
    (
        "<crypto model='virtio'/>",
        "the element <backend> is missing at /domain/devices/crypto[1]/backend (line 2, column 10)",
    ),
    (
        "<lease><key>k</key></lease>",
        "the path is missing at /domain/devices/lease[1]/target/@path (line 2, column 10)",
    ),
    (
        "<redirfilter><usbdev class='1'/></redirfilter>",
        "the attribute 'allow' is missing at /domain/devices/redirfilter/usbdev[1]/@allow (line 2, column 23)",
    ),
    (
        "<hub type='usb'><address type='usb' bus='0' port='1.2.3.4.5'/></hub>",
        "'1.2.3.4.5' is no USB port such as 1 or 1.2: up to four numbers at /domain/devices/hub[1]/address/@port (line 2, column 26)",
    ),
    (
        "<input type='mouse' bus='usb'><address type='usb' bus='0' port='1.1'/></input>",
        "there is no hub at the port 1 of the USB bus 0 at /domain/devices/input[1]/address/@port (line 2, column 40)",
    ),
    (
        "<input type='mouse' bus='usb'><address type='usb' bus='0' port='1'/></input><input type='tablet' bus='usb'><address type='usb' bus='0' port='1'/></input>",
        "/domain/devices/input[1] has the same USB port at /domain/devices/input[2]/address (line 2, column 117)",
    ),
    (
        "<rng model='virtio'><backend model='builtin'/><address type='pci' slot='0x20'/></rng>",
        "0x20 is more than 0x1f, the greatest slot of a PCI address at /domain/devices/rng[1]/address/@slot (line 2, column 56)",
    ),
    (
        "<rng model='virtio'><backend model='builtin'/><address type='pci' slot='3'/></rng><rng model='virtio'><backend model='builtin'/><address type='pci' slot='0x03'/></rng>",
        "/domain/devices/rng[1] has the same address at /domain/devices/rng[2]/address (line 2, column 138)",
    ),
    (
        "<rng model='virtio'><backend model='builtin'/><address slot='3'/></rng>",
        "the attribute 'type' is missing at /domain/devices/rng[1]/address/@type (line 2, column 56)",
    ),
    (
        "<rng model='virtio'><backend model='builtin'/><address type='ccw' cssid='0xff' ssid='0' devno='0'/></rng>",
        "0xff is more than 0xfe, the greatest cssid at /domain/devices/rng[1]/address/@cssid (line 2, column 56)",
    ),
    (
        "<rng model='virtio'><backend model='builtin'/><alias name='ua-x'/></rng><rng model='virtio'><backend model='builtin'/><alias name='ua-x'/></rng>",
        "the alias 'ua-x' is that of /domain/devices/rng[1] too at /domain/devices/rng[2]/alias/@name (line 2, column 82)",
    ),
    (
        "<hostdev type='mdev' model='vfio-ap'><source><address uuid='783e6dbb-ea0e-411f-94e2-717eaad438bf'/></source><boot order='1'/></hostdev>",
        "a device of the type mdev can't be booted from at /domain/devices/hostdev[1]/boot (line 2, column 118)",
    ),
    (
        "<iommu model='intel'><address type='pci' slot='2'/></iommu>",
        "an IOMMU of the model intel has no address at /domain/devices/iommu[1]/address (line 2, column 31)",
    ),
    (
        "<filesystem><driver type='virtiofs'/><source dir='/a'/><target dir='t'/></filesystem>",
        "it needs memory shared with the host: <memoryBacking> with <access mode='shared'/> at /domain/devices/filesystem[1]/driver/@type (line 2, column 10)",
    ),
];

#[test]
fn a_bad_machine_is_refused_with_reason_path_and_place() {
    all_refused(MACHINES, str::to_owned);
}

#[test]
fn a_bad_device_is_refused_with_reason_path_and_place() {
    all_refused(DEVICES, |device| format!("<devices>{device}</devices>"));
}

#[test]
fn a_domain_made_by_hand_is_refused_with_reason_and_path() {
    use virt_core::model::{ByteSize, Disk};
    let twice = DomainConfig::builder("web")
        .memory(ByteSize::gib(1))
        .disk(Disk::file("/a").target("vda"))
        .disk(Disk::file("/b").target("vda"))
        .build();
    assert_eq!(
        twice.unwrap_err().to_string(),
        "the target 'vda' is that of disk[1] too at /domain/devices/disk[2]/target/@dev"
    );
}

#[test]
fn what_libvirt_takes_is_taken() {
    for inside in [
        // The balloon is cut to the memory.
        "<currentMemory>9</currentMemory>",
        "<vcpu placement='auto'>1</vcpu><numatune><memory mode='preferred' placement='auto'/></numatune>",
        "<os firmware='efi'><type>hvm</type><loader secure='yes'/></os>",
        "<cpu mode='host-passthrough'><cache mode='passthrough'/></cpu>",
        "<seclabel type='none'/>",
        "<devices><disk device='cdrom'><target dev='sda' bus='sata'/></disk></devices>",
        "<devices><disk device='cdrom' type='network'><source protocol='nbd'><host name='h'/></source><target dev='hda'/></disk></devices>",
        "<devices><serial type='pty'/><console type='pty'/><parallel type='null'/></devices>",
        "<devices><channel type='unix'><target type='virtio' name='org.qemu.guest_agent.0'/></channel></devices>",
        "<devices><controller type='usb' model='ich9-ehci1'/><controller type='usb' model='ich9-uhci1'><master startport='0'/></controller></devices>",
        "<devices><vsock><cid auto='yes'/></vsock></devices>",
        "<devices><rng model='virtio'><backend model='random'/></rng><memballoon model='none'/></devices>",
        "<devices><serial type='pty'><alias name='ua-s'/></serial><console type='pty'><alias name='ua-s'/></console></devices>",
    ] {
        assert_eq!(domain(inside).unwrap().validate(), Ok(()), "{inside}");
    }
}

#[test]
fn normalizing_fills_in_what_libvirts_parser_fills_in() {
    let text = "<domain type='qemu'><name>a</name>
<memory unit='GiB'>1</memory>
<devices>
<graphics type='vnc'/>
<channel type='udp'><source mode='connect' service='1'/><source mode='bind' service='2'/><target type='virtio'/></channel>
<disk><source file='/a'/><target dev='sdb' bus='sata'/></disk>
<serial type='pty'/>
<rng model='virtio'><backend model='random'/></rng>
<video><model type='vga'/></video>
</devices>
<os><type>hvm</type></os></domain>";
    let normalized = DomainConfig::from_xml(text).unwrap().normalized();
    assert_eq!(
        normalized.to_xml(),
        "<domain type='qemu'>
  <name>a</name>
  <memory unit='KiB'>1048576</memory>
  <currentMemory unit='KiB'>1048576</currentMemory>
  <vcpu placement='static'>1</vcpu>
  <os>
    <type>hvm</type>
    <boot dev='hd'/>
  </os>
  <clock offset='utc'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <disk type='file' device='disk'>
      <source file='/a'/>
      <target dev='sdb' bus='sata'/>
      <address type='drive' controller='0' bus='0' target='0' unit='1'/>
    </disk>
    <controller type='sata' index='0'/>
    <controller type='virtio-serial' index='0'/>
    <serial type='pty'>
      <target port='0'/>
    </serial>
    <console type='pty'>
      <target type='serial' port='0'/>
    </console>
    <channel type='udp'>
      <source mode='bind' service='2'/>
      <source mode='connect' service='1'/>
      <target type='virtio'/>
    </channel>
    <graphics type='vnc' port='-1' autoport='yes'>
      <listen type='address'/>
    </graphics>
    <video>
      <model type='vga' vram='16384' heads='1' primary='yes'/>
    </video>
    <rng model='virtio'>
      <backend model='random'>/dev/random</backend>
    </rng>
  </devices>
</domain>
"
    );
    assert_eq!(normalized.normalized(), normalized);
}

#[test]
fn a_balloon_is_cut_to_the_memory() {
    let normalized = domain("<currentMemory>9</currentMemory>").unwrap().normalized();
    assert_eq!(
        normalized.current_memory.unwrap().size,
        normalized.memory.unwrap().size
    );
}

#[test]
fn a_size_is_written_in_the_largest_unit_where_libvirt_does() {
    let text = "<vcpu>1</vcpu><cputune><cachetune vcpus='0'><cache id='0' level='3' type='both' size='3072' unit='KiB'/></cachetune></cputune>";
    let read = domain(text).unwrap();
    assert!(read.to_xml().contains("size='3072' unit='KiB'"));
    assert!(read.normalized().to_xml().contains("size='3' unit='MiB'"));
}
