//! A TCP proxy that stands for a bad network.

use std::io::{ErrorKind, Read, Write};
use std::net::{Ipv4Addr, Shutdown, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Hands connections on to one port of this machine; ends with its value.
pub(crate) struct Proxy {
    pub(crate) port: u16,
    weather: Arc<Weather>,
}

#[derive(Default)]
struct Weather {
    /// By how much each portion is late, milliseconds.
    delay: AtomicU64,
    /// What is sent arrives no more; connections stay open.
    silent: AtomicBool,
    ended: AtomicBool,
    open: Mutex<Vec<TcpStream>>,
}

impl Proxy {
    /// Listens at a free port and hands on to `target`, where nobody has to listen yet.
    pub(crate) fn start(target: u16) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let port = listener.local_addr().unwrap().port();
        let weather = Arc::new(Weather::default());
        let common = Arc::clone(&weather);
        thread::spawn(move || {
            for client in listener.incoming().map_while(Result::ok) {
                if common.ended.load(Ordering::Relaxed) {
                    return;
                }
                if let Ok(server) = TcpStream::connect((Ipv4Addr::LOCALHOST, target)) {
                    common.carry(&client, &server);
                    common.carry(&server, &client);
                    common.open.lock().unwrap().extend([client, server]);
                }
            }
        });
        Self { port, weather }
    }

    /// Everything comes later by `delay`.
    pub(crate) fn delay(&self, delay: Duration) {
        self.weather.delay.store(u64::try_from(delay.as_millis()).unwrap(), Ordering::Relaxed);
    }

    /// Nothing arrives, and nobody is told; or it does again.
    pub(crate) fn silent(&self, silent: bool) {
        self.weather.silent.store(silent, Ordering::Relaxed);
    }

    /// Breaks all connections there are.
    pub(crate) fn cut(&self) {
        for stream in self.weather.open.lock().unwrap().drain(..) {
            // It may be closed already.
            stream.shutdown(Shutdown::Both).ok();
        }
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.weather.ended.store(true, Ordering::Relaxed);
        self.weather.silent.store(false, Ordering::Relaxed);
        self.cut();
        // Wakes the listener, if it still listens.
        TcpStream::connect((Ipv4Addr::LOCALHOST, self.port)).ok();
    }
}

impl Weather {
    /// Carries what comes from `one` to `other`, in a thread that ends with either.
    fn carry(self: &Arc<Self>, one: &TcpStream, other: &TcpStream) {
        let (mut from, mut to) = (one.try_clone().unwrap(), other.try_clone().unwrap());
        let weather = Arc::clone(self);
        thread::spawn(move || {
            let mut portion = vec![0; 1 << 16];
            loop {
                let count = match from.read(&mut portion) {
                    Ok(0) => break,
                    Ok(count) => count,
                    Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                    Err(_) => break,
                };
                thread::sleep(Duration::from_millis(weather.delay.load(Ordering::Relaxed)));
                while weather.silent.load(Ordering::Relaxed) {
                    thread::sleep(Duration::from_millis(20));
                }
                if to.write_all(&portion[..count]).is_err() {
                    break;
                }
            }
            // The other direction may have ended it.
            from.shutdown(Shutdown::Both).ok();
            to.shutdown(Shutdown::Both).ok();
        });
    }
}
