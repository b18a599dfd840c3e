//! The server is told to end while clients do not let go.

use koffiekar_tests::office::Office;
use koffiekar_tests::programs;
use koffiekar_tests::server::Binary;
use tokio::process::Command;

use crate::api::shares::{Wire, record_long_quotes, within};

#[tokio::test]
async fn a_server_that_is_told_to_end_does_so_whatever_clients_do() {
    let data = tempfile::tempdir().unwrap();
    Binary::lay_out_empty_demo(data.path()).await;
    let mut command = Binary::serve(Command::new(programs::koffiekar()), data.path(), 0);
    command.args(["--grace", "1"]);
    let mut server = Binary::launch(command).await.unwrap();
    record_long_quotes(&server.url).await;
    let analyst = Office::sign_in(&server.url, "analist").await;
    let (_unread, status) = Wire::download(&analyst).await;
    assert_eq!(status, 200);
    let mut half = Wire::open(&server.url).await;
    half.send("POST /api/v1/session HTTP/1.1\r\nhost: localhost\r\n")
        .await;

    let status = within("a server that was told to end", server.end()).await;
    assert!(status.success(), "{status}");
}
