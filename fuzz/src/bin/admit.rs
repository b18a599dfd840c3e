#![no_main]

koffiekar_fuzz::program!("admit", koffiekar_fuzz::mutate::changes);
