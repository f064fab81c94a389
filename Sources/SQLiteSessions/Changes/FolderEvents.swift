#if os(Linux)
    import Foundation
    import Glibc

    /// Kernel events for files in a folder that are written, moved or deleted (inotify(7)).
    ///
    /// Used only on its queue, after `init`.
    final class FolderEvents: @unchecked Sendable {
        private let source: any DispatchSourceRead

        /// Calls `handler` on `queue` for each batch of events on one of the files `names`. `nil`: the kernel's watch
        /// limit is reached.
        init?(
            folder: String, names: Set<String>, queue: DispatchQueue, handler: @escaping @Sendable () -> Void
        ) {
            let descriptor = inotify_init1(Int32(IN_NONBLOCK) | Int32(IN_CLOEXEC))
            guard descriptor >= 0 else { return nil }
            let ofFiles = IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_DELETE | IN_MOVED_FROM
            let mask = UInt32(ofFiles | IN_DELETE_SELF | IN_MOVE_SELF)
            guard inotify_add_watch(descriptor, folder, mask) >= 0 else {
                close(descriptor)
                return nil
            }
            source = DispatchSource.makeReadSource(fileDescriptor: descriptor, queue: queue)
            source.setEventHandler { [weak self] in
                if Self.drain(descriptor, lookingFor: names) { handler() }
                self?.pause(on: queue)
            }
            source.setCancelHandler { close(descriptor) }
            source.resume()
        }

        deinit {
            source.cancel()
        }

        /// Pauses for a moment, so that the kernel merges equal events: SQLite writes page by page, in this process
        /// too.
        private func pause(on queue: DispatchQueue) {
            source.suspend()
            // Holds this object, because a suspended source can't be released.
            queue.asyncAfter(deadline: .now() + .milliseconds(20)) { self.source.resume() }
        }

        /// Reads all pending events. Returns whether one concerns a file in `names` or the folder itself, or events
        /// were lost.
        private static func drain(_ descriptor: Int32, lookingFor names: Set<String>) -> Bool {
            var isFound = false
            var buffer = [UInt8](repeating: 0, count: 16 * 1024)
            while true {
                let count = read(descriptor, &buffer, buffer.count)
                guard count > 0 else { return isFound }
                buffer.prefix(count).withUnsafeBytes { bytes in
                    for event in Events(bytes: bytes)
                    where event.isOverflow || event.name.isEmpty || names.contains(event.name) {
                        isFound = true
                    }
                }
            }
        }

        /// Parses events: a fixed header, and a zero-padded name.
        private struct Events: Sequence, IteratorProtocol {
            let bytes: UnsafeRawBufferPointer
            var offset = 0

            init(bytes: UnsafeRawBufferPointer) {
                self.bytes = bytes
            }

            mutating func next() -> (isOverflow: Bool, name: String)? {
                let header = MemoryLayout<inotify_event>.size
                guard offset + header <= bytes.count else { return nil }
                let event = bytes.loadUnaligned(fromByteOffset: offset, as: inotify_event.self)
                let name = bytes[(offset + header)...].prefix(Int(event.len)).prefix { $0 != 0 }
                offset += header + Int(event.len)
                return (event.mask & UInt32(IN_Q_OVERFLOW) != 0, String(decoding: name, as: UTF8.self))
            }
        }
    }
#endif
