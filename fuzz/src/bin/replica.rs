#![no_main]

koffiekar_fuzz::program!("replica", koffiekar_fuzz::mutate::answers);
