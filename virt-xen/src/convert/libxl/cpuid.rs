//! Features of CPUs as libxl has them: bits in what the instruction CPUID gives.

use serde_json::Value;

use super::object::Object;

/// Registers, in the order in which the feature bits of a leaf are listed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Register {
    Eax,
    Ebx,
    Ecx,
    Edx,
}

impl Register {
    fn name(self) -> &'static str {
        match self {
            Self::Eax => "eax",
            Self::Ebx => "ebx",
            Self::Ecx => "ecx",
            Self::Edx => "edx",
        }
    }
}

/// Features of a register of a leaf, each with its bit.
struct Word {
    leaf: u32,
    subleaf: Option<u32>,
    register: Register,
    features: &'static [(&'static str, usize)],
}

const WORDS: &[Word] = &[
    Word {
        leaf: 1,
        subleaf: None,
        register: Register::Ecx,
        features: &[
            ("sse3", 0),
            ("pclmulqdq", 1),
            ("dtes64", 2),
            ("monitor", 3),
            ("dscpl", 4),
            ("vmx", 5),
            ("smx", 6),
            ("est", 7),
            ("tm2", 8),
            ("ssse3", 9),
            ("cntxid", 10),
            ("fma", 12),
            ("cmpxchg16", 13),
            ("xtpr", 14),
            ("pdcm", 15),
            ("pcid", 17),
            ("dca", 18),
            ("sse4_1", 19),
            ("sse4.1", 19),
            ("sse4_2", 20),
            ("sse4.2", 20),
            ("x2apic", 21),
            ("movbe", 22),
            ("popcnt", 23),
            ("tsc-deadline", 24),
            ("aes", 25),
            ("aesni", 25),
            ("xsave", 26),
            ("osxsave", 27),
            ("avx", 28),
            ("f16c", 29),
            ("rdrand", 30),
            ("hypervisor", 31),
        ],
    },
    Word {
        leaf: 1,
        subleaf: None,
        register: Register::Edx,
        features: &[
            ("fpu", 0),
            ("vme", 1),
            ("de", 2),
            ("pse", 3),
            ("tsc", 4),
            ("msr", 5),
            ("pae", 6),
            ("mce", 7),
            ("cmpxchg8", 8),
            ("apic", 9),
            ("sysenter", 11),
            ("mtrr", 12),
            ("pge", 13),
            ("mca", 14),
            ("cmov", 15),
            ("pat", 16),
            ("pse36", 17),
            ("psn", 18),
            ("clfsh", 19),
            ("ds", 21),
            ("acpi", 22),
            ("mmx", 23),
            ("fxsr", 24),
            ("sse", 25),
            ("sse2", 26),
            ("ss", 27),
            ("htt", 28),
            ("tm", 29),
            ("ia64", 30),
            ("pbe", 31),
        ],
    },
    Word {
        leaf: 7,
        subleaf: Some(0),
        register: Register::Ebx,
        features: &[
            ("fsgsbase", 0),
            ("tsc_adjust", 1),
            ("bmi1", 3),
            ("hle", 4),
            ("avx2", 5),
            ("smep", 7),
            ("bmi2", 8),
            ("erms", 9),
            ("invpcid", 10),
            ("rtm", 11),
            ("cmt", 12),
            ("mpx", 14),
            ("avx512f", 16),
            ("avx512dq", 17),
            ("rdseed", 18),
            ("adx", 19),
            ("smap", 20),
            ("avx512-ifma", 21),
            ("clflushopt", 23),
            ("clwb", 24),
            ("proc-trace", 25),
            ("avx512pf", 26),
            ("avx512er", 27),
            ("avx512cd", 28),
            ("sha", 29),
            ("avx512bw", 30),
            ("avx512vl", 31),
        ],
    },
    Word {
        leaf: 7,
        subleaf: Some(0),
        register: Register::Ecx,
        features: &[
            ("prefetchwt1", 0),
            ("avx512-vbmi", 1),
            ("umip", 2),
            ("pku", 3),
            ("ospke", 4),
            ("avx512-vbmi2", 6),
            ("cet-ss", 7),
            ("gfni", 8),
            ("vaes", 9),
            ("vpclmulqdq", 10),
            ("avx512-vnni", 11),
            ("avx512-bitalg", 12),
            ("avx512-vpopcntdq", 14),
            ("rdpid", 22),
            ("cldemote", 25),
            ("movdiri", 27),
            ("movdir64b", 28),
            ("enqcmd", 29),
        ],
    },
    Word {
        leaf: 7,
        subleaf: Some(0),
        register: Register::Edx,
        features: &[
            ("avx512-4vnniw", 2),
            ("avx512-4fmaps", 3),
            ("fsrm", 4),
            ("avx512-vp2intersect", 8),
            ("srbds-ctrl", 9),
            ("md-clear", 10),
            ("serialize", 14),
            ("tsxldtrk", 16),
            ("cet-ibt", 20),
            ("ibrsb", 26),
            ("stibp", 27),
            ("l1d-flush", 28),
            ("arch-caps", 29),
            ("core-caps", 30),
            ("ssbd", 31),
        ],
    },
    Word {
        leaf: 0xd,
        subleaf: Some(1),
        register: Register::Eax,
        features: &[("xsaveopt", 0), ("xsavec", 1), ("xgetbv1", 2), ("xsaves", 3)],
    },
    Word {
        leaf: 0x8000_0001,
        subleaf: None,
        register: Register::Ecx,
        features: &[
            ("lahfsahf", 0),
            ("cmplegacy", 1),
            ("svm", 2),
            ("extapic", 3),
            ("altmovcr8", 4),
            ("abm", 5),
            ("sse4a", 6),
            ("misalignsse", 7),
            ("3dnowprefetch", 8),
            ("osvw", 9),
            ("ibs", 10),
            ("xop", 11),
            ("skinit", 12),
            ("wdt", 13),
            ("lwp", 15),
            ("fma4", 16),
            ("nodeid", 19),
            ("tbm", 21),
            ("topoext", 22),
            ("perfctr_core", 23),
            ("perfctr_nb", 24),
        ],
    },
    Word {
        leaf: 0x8000_0001,
        subleaf: None,
        register: Register::Edx,
        features: &[
            ("syscall", 11),
            ("nx", 20),
            ("mmxext", 22),
            ("ffxsr", 25),
            ("page1gb", 26),
            ("rdtscp", 27),
            ("lm", 29),
            ("3dnowext", 30),
            ("3dnow", 31),
        ],
    },
    Word {
        leaf: 0x8000_0007,
        subleaf: None,
        register: Register::Edx,
        features: &[("invtsc", 8)],
    },
    Word {
        leaf: 0x8000_0008,
        subleaf: None,
        register: Register::Ebx,
        features: &[
            ("clzero", 0),
            ("rstr-fp-err-ptrs", 2),
            ("wbnoinvd", 9),
            ("ibpb", 12),
            ("ibrs", 14),
            ("amd-stibp", 15),
            ("ppin", 23),
            ("amd-ssbd", 24),
        ],
    },
];

/// What the guest is given in a leaf instead of what the host has: per register 32 characters, the highest bit first.
struct Leaf {
    number: u32,
    subleaf: Option<u32>,
    registers: Vec<(Register, Vec<char>)>,
}

/// What a guest is given.
#[derive(Default)]
pub(super) struct Policy {
    leaves: Vec<Leaf>,
}

impl Policy {
    /// Gives it a feature, or takes it; whether there is a feature that libxl calls so.
    pub(super) fn set(&mut self, name: &str, is_on: bool) -> bool {
        let has = |word: &&Word| word.features.iter().any(|(known, _)| *known == name);
        let Some(word) = WORDS.iter().find(has) else {
            return false;
        };
        let bit = word.features.iter().find(|(known, _)| *known == name);
        let is_leaf = |leaf: &Leaf| leaf.number == word.leaf && leaf.subleaf == word.subleaf;
        if !self.leaves.iter().any(is_leaf) {
            self.leaves.push(Leaf {
                number: word.leaf,
                subleaf: word.subleaf,
                registers: Vec::new(),
            });
        }
        let Some(leaf) = self.leaves.iter_mut().find(|leaf| is_leaf(leaf)) else {
            return false;
        };
        if !leaf
            .registers
            .iter()
            .any(|(register, _)| *register == word.register)
        {
            leaf.registers.push((word.register, vec!['x'; 32]));
        }
        let mut registers = leaf.registers.iter_mut();
        let bits = registers.find(|(register, _)| *register == word.register);
        if let (Some((_, bits)), Some((_, bit))) = (bits, bit)
            && let Some(one) = bits.iter_mut().rev().nth(*bit)
        {
            *one = if is_on { '1' } else { '0' };
        }
        true
    }

    /// The leaves in libxl's JSON.
    pub(super) fn into_values(self) -> Vec<Value> {
        let value = |leaf: Leaf| {
            let mut object = Object::default();
            object.set("leaf", leaf.number);
            if let Some(subleaf) = leaf.subleaf {
                object.set("subleaf", subleaf);
            }
            for (register, bits) in leaf.registers {
                object.set(register.name(), bits.into_iter().collect::<String>());
            }
            object.into()
        };
        self.leaves.into_iter().map(value).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn features_are_bits() {
        let mut policy = Policy::default();
        assert!(policy.set("sse3", false));
        assert!(policy.set("tsc", true));
        assert!(policy.set("avx2", true));
        assert!(!policy.set("no-such", true));
        let expected = serde_json::json!([
            {
                "leaf": 1,
                "ecx": "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx0",
                "edx": "xxxxxxxxxxxxxxxxxxxxxxxxxxx1xxxx"
            },
            { "leaf": 7, "subleaf": 0, "ebx": "xxxxxxxxxxxxxxxxxxxxxxxxxx1xxxxx" }
        ]);
        assert_eq!(Value::from(policy.into_values()), expected);
    }
}
