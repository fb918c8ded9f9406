//! What only real QEMUs and real containers show: managers and guests that are killed, stopped, starved and lied to.
//!
//! `cargo test --all-features --test live -- qemu_crash`. The tests are named functions run by virt-testkit's own runner,
//! because this program is also the manager that is killed: started again by a test, with `VIRT_TEST_MANAGER`, see
//! [`manager`].
#![cfg_attr(
    not(any(feature = "qemu", feature = "lxc")),
    allow(unused, reason = "without QEMU and LXC there is nothing live")
)]

use std::process::ExitCode;

#[cfg(any(feature = "qemu", feature = "lxc"))]
mod checks;
#[cfg(feature = "lxc")]
mod containers;
#[cfg(feature = "qemu")]
mod fixture;
#[cfg(feature = "qemu")]
mod full;
#[cfg(feature = "lxc")]
mod lxc_beyond;
#[cfg(feature = "lxc")]
mod lxc_console;
#[cfg(feature = "lxc")]
mod lxc_create;
#[cfg(feature = "lxc")]
mod lxc_faults;
#[cfg(feature = "lxc")]
mod lxc_kill;
#[cfg(feature = "lxc")]
mod lxc_manager;
#[cfg(feature = "lxc")]
mod lxc_names;
#[cfg(feature = "lxc")]
mod lxc_network;
#[cfg(feature = "lxc")]
mod lxc_others;
#[cfg(feature = "lxc")]
mod lxc_snapshots;
#[cfg(feature = "lxc")]
mod lxc_user;
#[cfg(feature = "qemu")]
#[path = "../qemu/machines.rs"]
#[allow(dead_code, reason = "the conformance suite uses more of it")]
mod machines;
#[cfg(feature = "qemu")]
mod manager;
#[cfg(feature = "qemu")]
mod qemu_crash;
#[cfg(feature = "qemu")]
mod qemu_examples;
#[cfg(feature = "qemu")]
mod qemu_kill;
#[cfg(feature = "qemu")]
mod qemu_process;
#[cfg(feature = "qemu")]
mod qemu_root;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod ssh_faults;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod ssh_logins;
#[cfg(all(feature = "qemu", feature = "ssh"))]
mod ssh_stalls;

#[cfg(any(feature = "qemu", feature = "lxc"))]
fn main() -> ExitCode {
    #[cfg(feature = "qemu")]
    if let Some(root) = std::env::var_os(manager::ROOT_VARIABLE) {
        return manager::main(&root);
    }
    #[cfg(feature = "lxc")]
    if let Some(root) = std::env::var_os(lxc_manager::ROOT_VARIABLE) {
        return lxc_manager::main(&root);
    }
    let tests = [
        #[cfg(feature = "lxc")]
        lxc_beyond::tests(),
        #[cfg(feature = "lxc")]
        lxc_console::tests(),
        #[cfg(feature = "lxc")]
        lxc_create::tests(),
        #[cfg(feature = "lxc")]
        lxc_faults::tests(),
        #[cfg(feature = "lxc")]
        lxc_kill::tests(),
        #[cfg(feature = "lxc")]
        lxc_names::tests(),
        #[cfg(feature = "lxc")]
        lxc_network::tests(),
        #[cfg(feature = "lxc")]
        lxc_others::tests(),
        #[cfg(feature = "lxc")]
        lxc_snapshots::tests(),
        #[cfg(feature = "lxc")]
        lxc_user::tests(),
        #[cfg(feature = "qemu")]
        qemu_crash::tests(),
        #[cfg(feature = "qemu")]
        qemu_examples::tests(),
        #[cfg(feature = "qemu")]
        qemu_kill::tests(),
        #[cfg(feature = "qemu")]
        qemu_process::tests(),
        #[cfg(feature = "qemu")]
        qemu_root::tests(),
        #[cfg(all(feature = "qemu", feature = "ssh"))]
        ssh_faults::tests(),
        #[cfg(all(feature = "qemu", feature = "ssh"))]
        ssh_logins::tests(),
        #[cfg(all(feature = "qemu", feature = "ssh"))]
        ssh_stalls::tests(),
    ];
    virt_testkit::harness::main(tests.into_iter().flatten().collect())
}

#[cfg(not(any(feature = "qemu", feature = "lxc")))]
fn main() -> ExitCode {
    virt_testkit::harness::main(Vec::new())
}
