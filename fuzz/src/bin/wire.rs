#![no_main]

koffiekar_fuzz::program!("wire", koffiekar_fuzz::mutate::message);
