import FlyingFox
import FlyingSocks
import Foundation

/// Ends a connection before anything is answered. The server has no such answer; but it closes a connection whose
/// switch to another protocol fails.
struct ClosedConnection: WSHandler {
    func makeFrames(for client: AsyncThrowingStream<WSFrame, any Error>) async throws -> AsyncStream<WSFrame> {
        throw SocketError.disconnected
    }
}

/// A body that breaks off after `bytes`, and its connection with it.
struct CutBody: AsyncBufferedSequence {
    let bytes: Data

    func makeAsyncIterator() -> Iterator {
        Iterator(rest: bytes)
    }

    struct Iterator: AsyncBufferedIteratorProtocol {
        var rest: Data

        mutating func nextBuffer(suggested count: Int) async throws -> Data? {
            guard !rest.isEmpty else { throw SocketError.disconnected }
            defer { rest = Data(rest.dropFirst(count)) }
            return rest.prefix(count)
        }

        mutating func next() async throws -> UInt8? {
            try await nextBuffer(suggested: 1)?.first
        }
    }
}
