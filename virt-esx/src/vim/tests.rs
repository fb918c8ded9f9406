//! Representative objects, calls and answers, read and written.

use virt_core::xml::{Document, Element};

use super::{
    AnyEvent, AnySelectionSpec, AnyTaskReason, AnyValue, AnyVirtualDevice, AnyVirtualDeviceBackingInfo,
    Fault, InvalidPowerState, Login, ManagedObjectReference, Method as _, ObjectSpec, Other, PowerOnVmTask,
    PropertyFilterSpec, PropertySpec, ReconfigVmTask, RetrieveOptions, RetrievePropertiesEx, SelectionSpec,
    TaskInfo, TaskInfoState, TraversalSpec, Value, VimError, VirtualController, VirtualDevice,
    VirtualDeviceConfigSpec, VirtualDeviceConfigSpecOperation, VirtualDeviceFileBackingInfo, VirtualDisk,
    VirtualDiskFlatVer2BackingInfo, VirtualEthernetCard, VirtualMachineConfigSpec, VirtualMachinePowerState,
    VirtualMachineRuntimeInfo, to_text,
};

/// An element as a server writes it, with the declarations of an envelope around it.
fn parsed(text: &str) -> Element {
    let text = format!(
        r#"<e:Envelope xmlns:e="http://schemas.xmlsoap.org/soap/envelope/" xmlns="urn:vim25" xmlns:v="urn:vim25"
        xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
        xmlns:i="http://www.w3.org/2001/XMLSchema-instance">{text}</e:Envelope>"#
    );
    let document = Document::parse(&text).expect("XML");
    document.root.elements().next().expect("an element").clone()
}

fn machine() -> ManagedObjectReference {
    ManagedObjectReference::new("VirtualMachine", "vm-12")
}

fn new_disk() -> VirtualDisk {
    VirtualDisk {
        base: VirtualDevice {
            key: -1,
            backing: Some(
                VirtualDiskFlatVer2BackingInfo {
                    base: VirtualDeviceFileBackingInfo {
                        file_name: "[ds] a & b.vmdk".to_owned(),
                        ..Default::default()
                    },
                    disk_mode: "persistent".to_owned(),
                    thin_provisioned: Some(true),
                    ..Default::default()
                }
                .into(),
            ),
            controller_key: Some(1000),
            unit_number: Some(0),
            ..Default::default()
        },
        capacity_in_kb: 1024,
        ..Default::default()
    }
}

#[test]
fn a_reconfiguration_is_written_in_the_order_of_the_tables_and_read_again() {
    let spec = VirtualMachineConfigSpec {
        name: Some("web".to_owned()),
        num_cpus: Some(2),
        memory_mb: Some(4096),
        device_change: vec![VirtualDeviceConfigSpec {
            operation: Some(VirtualDeviceConfigSpecOperation::Add),
            device: new_disk().into(),
            ..Default::default()
        }],
        ..Default::default()
    };
    let call = ReconfigVmTask {
        this: machine(),
        spec: spec.clone(),
    };
    let text = call.body();
    assert_eq!(
        text,
        concat!(
            r#"<ReconfigVM_Task xmlns="urn:vim25"><_this type="VirtualMachine">vm-12</_this><spec>"#,
            r#"<name>web</name><numCPUs>2</numCPUs><memoryMB>4096</memoryMB>"#,
            r#"<deviceChange><operation>add</operation><device xsi:type="VirtualDisk"><key>-1</key>"#,
            r#"<backing xsi:type="VirtualDiskFlatVer2BackingInfo"><fileName>[ds] a &amp; b.vmdk</fileName>"#,
            r#"<diskMode>persistent</diskMode><thinProvisioned>true</thinProvisioned></backing>"#,
            r#"<controllerKey>1000</controllerKey><unitNumber>0</unitNumber><capacityInKB>1024</capacityInKB>"#,
            r#"</device></deviceChange></spec></ReconfigVM_Task>"#
        )
    );
    let read = VirtualMachineConfigSpec::read(parsed(&text).elements().nth(1).unwrap()).unwrap();
    assert_eq!(read, spec);
    let device = &read.device_change[0].device;
    assert_eq!(device.key, -1);
    assert!(device.is_a("VirtualDevice") && !device.is_a("VirtualController"));
    assert_eq!(device.part::<VirtualDisk>().unwrap().capacity_in_kb, 1024);
    assert!(device.part::<VirtualEthernetCard>().is_none());
    let Some(AnyVirtualDeviceBackingInfo::VirtualDiskFlatVer2BackingInfo(backing)) = &device.backing else {
        panic!("{device:?}");
    };
    assert_eq!(backing.file_name, "[ds] a & b.vmdk");
}

#[test]
fn what_may_be_a_derived_type_says_which_it_is() {
    let call = RetrievePropertiesEx {
        this: ManagedObjectReference::new("PropertyCollector", "propertyCollector"),
        spec_set: vec![PropertyFilterSpec {
            prop_set: vec![PropertySpec {
                type_: "VirtualMachine".to_owned(),
                path_set: vec!["name".to_owned()],
                ..Default::default()
            }],
            object_set: vec![ObjectSpec {
                obj: ManagedObjectReference::new("ContainerView", "v"),
                skip: Some(true),
                select_set: vec![
                    TraversalSpec {
                        type_: "ContainerView".to_owned(),
                        path: "view".to_owned(),
                        select_set: vec![AnySelectionSpec::default()],
                        ..Default::default()
                    }
                    .into(),
                ],
            }],
            ..Default::default()
        }],
        options: RetrieveOptions {
            max_objects: Some(100),
        },
    };
    let text = call.body();
    let inner = r#"<selectSet xsi:type="TraversalSpec"><type>ContainerView</type><path>view</path><selectSet xsi:type="SelectionSpec"/></selectSet>"#;
    assert!(text.contains(inner), "{text}");
    assert!(text.ends_with("<options><maxObjects>100</maxObjects></options></RetrievePropertiesEx>"));
    let selection: AnySelectionSpec = SelectionSpec::default().into();
    assert_eq!(selection.type_name(), "SelectionSpec");
}

#[test]
fn properties_are_read_from_an_answer() {
    let answer = parsed(
        r#"<RetrievePropertiesExResponse><returnval><token>7</token><objects><obj type="VirtualMachine">vm-12</obj>
        <propSet><name>name</name><val xsi:type="xsd:string">web</val></propSet>
        <propSet><name>parent</name><val type="Folder" xsi:type="ManagedObjectReference">group-v3</val></propSet>
        <propSet><name>config.hardware.device</name><val i:type="v:ArrayOfVirtualDevice">
          <VirtualDevice i:type="v:VirtualVmxnet3"><key>4000</key><deviceInfo><label>Network adapter 1</label>
            <summary>VM Network</summary></deviceInfo><addressType>generated</addressType>
            <macAddress>00:50:56:00:00:01</macAddress></VirtualDevice>
          <VirtualDevice xsi:type="VirtualFromTheFuture"><key>5000</key><flux>88</flux></VirtualDevice>
        </val></propSet>
        <propSet><name>network</name><val xsi:type="ArrayOfManagedObjectReference">
          <ManagedObjectReference type="Network">network-7</ManagedObjectReference>
          <ManagedObjectReference type="Network">network-9</ManagedObjectReference></val></propSet>
        <propSet><name>runtime</name><val xsi:type="VirtualMachineRuntimeInfo"><powerState>poweredOn</powerState>
          <novelty><depth>1</depth></novelty><maxCpuUsage>4000</maxCpuUsage></val></propSet>
        <missingSet><path>guest</path><fault><fault xsi:type="NoPermission"><privilegeId>System.Read</privilegeId>
          </fault><localizedMessage>no</localizedMessage></fault></missingSet>
        </objects></returnval></RetrievePropertiesExResponse>"#,
    );
    let result = RetrievePropertiesEx::read_return(&answer).unwrap().unwrap();
    assert_eq!(result.token.as_deref(), Some("7"));
    let object = &result.objects[0];
    assert_eq!(object.obj.to_string(), "VirtualMachine:vm-12");
    let property = |name: &str| &object.prop_set.iter().find(|one| one.name == name).unwrap().val;

    assert_eq!(property("name").type_name(), "string");
    assert_eq!(String::try_from(property("name")).unwrap(), "web");
    let parent: ManagedObjectReference = property("parent").read().unwrap();
    assert_eq!(parent, ManagedObjectReference::new("Folder", "group-v3"));

    let devices: Vec<AnyVirtualDevice> = property("config.hardware.device").list().unwrap();
    assert_eq!(devices.len(), 2);
    let card = devices[0].part::<VirtualEthernetCard>().unwrap();
    assert_eq!(card.mac_address.as_deref(), Some("00:50:56:00:00:01"));
    assert_eq!(card.device_info.as_ref().unwrap().label, "Network adapter 1");
    assert_eq!(
        (devices[1].key, devices[1].type_name()),
        (5000, "VirtualFromTheFuture")
    );

    let networks: Vec<ManagedObjectReference> = property("network").list().unwrap();
    assert_eq!(networks[1].value, "network-9");
    let runtime: VirtualMachineRuntimeInfo = property("runtime").read().unwrap();
    assert_eq!(runtime.power_state, VirtualMachinePowerState::PoweredOn);
    assert_eq!(runtime.max_cpu_usage, Some(4000));

    let missing = &object.missing_set[0];
    assert_eq!(
        (missing.path.as_str(), missing.fault.name()),
        ("guest", "NoPermission")
    );
    assert!(missing.fault.is_a("SecurityError"));
}

#[test]
fn an_unknown_type_is_written_as_it_came_but_for_what_was_changed() {
    let text = r#"<device xsi:type="VirtualFromTheFuture"><key>5000</key><flux unit="x">88</flux><coil xsi:type="xsd:int">1</coil></device>"#;
    let mut device = AnyVirtualDevice::read(&parsed(&text.replace("xsi:type=\"V", "i:type=\"v:V"))).unwrap();
    assert_eq!(to_text(&device.to_element("device")), text);
    device.unit_number = Some(3);
    let changed = text.replace("</key>", "</key><unitNumber>3</unitNumber>");
    assert_eq!(to_text(&device.to_element("device")), changed);
    assert_eq!(AnyVirtualDevice::read(&parsed(&changed)).unwrap().key, 5000);
    let AnyVirtualDevice::Other(other) = device else {
        panic!("it is known");
    };
    let other: &Other<VirtualDevice> = &other;
    assert_eq!(other.element().child("flux").unwrap().text(), "88");
}

#[test]
fn parts_of_a_derived_object_can_be_changed() {
    let text = r#"<device xsi:type="VirtualLsiLogicController"><key>1000</key><busNumber>0</busNumber><sharedBus>noSharing</sharedBus></device>"#;
    let mut device = AnyVirtualDevice::read(&parsed(text)).unwrap();
    device.part_mut::<VirtualController>().unwrap().bus_number = 2;
    device.key = 1001;
    let changed = text
        .replace("1000", "1001")
        .replace("<busNumber>0", "<busNumber>2");
    assert_eq!(to_text(&device.to_element("device")), changed);
    assert!(device.is_a("VirtualSCSIController") && device.is_a("VirtualController"));
}

#[test]
fn every_fault_has_a_name_and_a_place_among_the_others() {
    let fault = Fault::of_soap(&parsed(
        r#"<e:Fault><faultcode>ServerFaultCode</faultcode><faultstring>It is on.</faultstring><detail>
        <InvalidPowerStateFault xsi:type="InvalidPowerState"><requestedState>poweredOn</requestedState>
        <existingState>poweredOn</existingState></InvalidPowerStateFault></detail></e:Fault>"#,
    ));
    assert_eq!(fault.to_string(), "It is on. (InvalidPowerState)");
    assert!(
        ["InvalidPowerState", "InvalidState", "VimFault", "MethodFault"]
            .iter()
            .all(|name| fault.is_a(name))
    );
    assert!(!fault.is_a("RuntimeFault"));
    let known: InvalidPowerState = fault.read().unwrap();
    assert_eq!(known.existing_state, VirtualMachinePowerState::PoweredOn);

    let untyped = Fault::of_soap(&parsed(
        r#"<e:Fault><faultstring/><detail><v:ReplicationVmFaultFault><reason>x</reason></v:ReplicationVmFaultFault></detail></e:Fault>"#,
    ));
    assert_eq!(
        (untyped.name(), untyped.to_string().as_str()),
        ("ReplicationVmFault", "ReplicationVmFault")
    );
    assert!(untyped.is_a("VimFault"), "it has no struct, but is in the tables");
    assert_eq!(untyped.element().unwrap().child("reason").unwrap().text(), "x");

    let bare = Fault::of_soap(&parsed(
        "<e:Fault><faultcode>e:Client</faultcode><faultstring>no</faultstring></e:Fault>",
    ));
    assert_eq!(
        (bare.name(), bare.message(), bare.element()),
        ("e:Client", "no", None)
    );
    assert!(bare.read::<InvalidPowerState>().is_none());
}

#[test]
fn the_end_of_a_task_is_read_with_its_fault_and_result() {
    let task = TaskInfo::read(&parsed(
        r#"<info><key>task-1</key><task type="Task">task-1</task><state>error</state><cancelled>false</cancelled>
        <error><fault xsi:type="FromTheFuture"><depth>1</depth></fault><localizedMessage>Oh.</localizedMessage></error>
        <result xsi:nil="true"/><reason xsi:type="TaskReasonUser"><userName>root</userName></reason>
        <queueTime>2024-05-01T10:20:30Z</queueTime><eventChainId>5</eventChainId></info>"#,
    ))
    .unwrap();
    assert_eq!(task.state, TaskInfoState::Error);
    assert!(!task.cancelable, "it was not there");
    assert_eq!(task.result, None);
    assert!(matches!(&task.reason, AnyTaskReason::TaskReasonUser(user) if user.user_name == "root"));
    assert!(task.queue_time.to_system_time().is_some());
    let fault = task.error.as_ref().unwrap();
    assert_eq!((fault.name(), fault.message()), ("FromTheFuture", "Oh."));
    assert!(fault.is_a("FromTheFuture") && !fault.is_a("MethodFault"));
    assert_eq!(
        to_text(&fault.to_element("error")),
        r#"<error><fault xsi:type="FromTheFuture"><depth>1</depth></fault><localizedMessage>Oh.</localizedMessage></error>"#
    );
}

#[test]
fn values_of_any_type_say_theirs() {
    for (value, text) in [
        (AnyValue::from("a<b"), r#"<v xsi:type="xsd:string">a&lt;b</v>"#),
        (AnyValue::from(true), r#"<v xsi:type="xsd:boolean">true</v>"#),
        (AnyValue::from(-5_i32), r#"<v xsi:type="xsd:int">-5</v>"#),
        (
            AnyValue::from(machine()),
            r#"<v type="VirtualMachine" xsi:type="ManagedObjectReference">vm-12</v>"#,
        ),
        (
            AnyValue::array(&["a".to_owned(), String::new()]),
            r#"<v xsi:type="ArrayOfString"><string>a</string><string/></v>"#,
        ),
        (AnyValue::new(&new_disk()), ""),
        (AnyValue::new(&AnyVirtualDevice::from(new_disk())), ""),
    ] {
        let written = to_text(&value.to_element("v"));
        if text.is_empty() {
            assert!(
                written.starts_with(r#"<v xsi:type="VirtualDisk"><key>"#),
                "{written}"
            );
        } else {
            assert_eq!(written, text);
        }
        assert_eq!(
            <AnyValue as Value>::read(&parsed(&written)).unwrap(),
            value,
            "{written}"
        );
    }
    assert_eq!(AnyValue::array(&[1_i32, 2]).list::<i32>().unwrap(), [1, 2]);
    assert!(AnyValue::default().is_empty() && !AnyValue::from("").is_empty());
    assert_eq!(AnyValue::from("200").read::<i8>().unwrap(), -56);
    assert!(AnyValue::from("256").read::<i8>().is_err());
    let bytes = bytes::Bytes::from_static(b"\0\xFF");
    assert_eq!(AnyValue::new(&bytes).read::<bytes::Bytes>().unwrap(), bytes);
    assert_eq!(AnyValue::new(&f64::INFINITY).text(), "INF");
    assert!(AnyValue::from("NaN").read::<f64>().unwrap().is_nan());
}

#[test]
fn a_text_that_is_no_value_is_told_with_the_way_to_it() {
    let wrong = parsed(
        r#"<spec><deviceChange><device xsi:type="VirtualDisk"><key>many</key></device></deviceChange></spec>"#,
    );
    let error = VirtualMachineConfigSpec::read(&wrong).unwrap_err();
    assert_eq!(
        error.to_string(),
        "deviceChange.device.key: not a value of type int"
    );

    let none = PowerOnVmTask::read_return(&parsed("<PowerOnVM_TaskResponse/>")).unwrap_err();
    let expected = "ManagedObjectReference";
    assert_eq!(none, VimError::NoValue { expected });
}

#[test]
fn secrets_are_sent_but_not_printed() {
    let login = Login {
        this: ManagedObjectReference::new("SessionManager", "ha-sessionmgr"),
        user_name: "root".to_owned(),
        password: "tell-\u{1}nobody\n".to_owned(),
        locale: None,
    };
    assert!(
        login
            .body()
            .contains("<password>tell-\u{FFFD}nobody&#10;</password>")
    );
    let printed = format!("{login:?}");
    assert!(
        printed.contains("root") && !printed.contains("nobody"),
        "{printed}"
    );
}

#[test]
fn enumerations_keep_what_they_do_not_list() {
    let state = VirtualMachinePowerState::from("halfOn");
    assert_eq!(state, VirtualMachinePowerState::Unlisted("halfOn".to_owned()));
    assert_eq!(state.to_string(), "halfOn");
    assert_eq!(to_text(&state.to_element("s")), "<s>halfOn</s>");
    assert_eq!(VirtualMachinePowerState::default().as_str(), "");
}

#[test]
fn events_are_told_apart_by_their_families() {
    let event = |kind: &str| {
        let text = format!(
            r#"<e xsi:type="{kind}"><key>9</key><createdTime>2024-05-01T10:20:30Z</createdTime><userName>root</userName>
            <vm><name>web</name><vm type="VirtualMachine">vm-12</vm></vm><fullFormattedMessage>x</fullFormattedMessage></e>"#
        );
        AnyEvent::read(&parsed(&text)).unwrap()
    };
    let known = event("DrsVmPoweredOnEvent");
    assert!(matches!(known, AnyEvent::DrsVmPoweredOnEvent(_)));
    let unknown = event("VmFailedRelayoutEvent");
    assert!(matches!(unknown, AnyEvent::Other(_)));
    for event in [known, unknown] {
        assert!(event.is_a("VmEvent"), "{event:?}");
        assert_eq!(event.vm.as_ref().unwrap().vm, machine());
        assert_eq!(event.vm.as_ref().unwrap().name, "web");
    }
}
