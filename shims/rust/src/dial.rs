//! `dial`: the connection of a session.

use std::io;
use std::net::SocketAddr;

use tokio::net::{TcpSocket, TcpStream};

/// Dials, and says from which address. A `buffer` of 0 is the system's own.
pub(crate) async fn dial(
    to: SocketAddr,
    buffer: Option<u64>,
) -> io::Result<(TcpStream, SocketAddr)> {
    let socket = if to.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    if let Some(size) = buffer.filter(|size| *size > 0) {
        let size = u32::try_from(size).map_err(io::Error::other)?;
        socket.set_send_buffer_size(size)?;
        socket.set_recv_buffer_size(size)?;
    }
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    let local = stream.local_addr()?;
    Ok((stream, local))
}
