//! A certificate, and the authority that it is by: made for one test and trusted by nobody else.

use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};

/// All of it is PEM.
#[derive(Debug, Clone)]
pub struct Certified {
    pub authority: String,
    pub certificate: String,
    pub key: String,
}

impl Certified {
    /// For these names.
    pub fn of(names: &[&str]) -> Certified {
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let authority = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let params = CertificateParams::new(names).unwrap();
        let certificate = params.signed_by(&key, &issuer).unwrap().pem();
        Certified {
            authority,
            certificate,
            key: key.serialize_pem(),
        }
    }
}
