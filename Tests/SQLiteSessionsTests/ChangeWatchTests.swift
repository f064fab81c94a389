import Foundation
import Synchronization
import Testing

@testable import SQLiteSessions

@Suite(.timeLimit(.minutes(1)))
struct ChangeWatchTests {
    private let place: TemporaryStore

    init() throws {
        place = try TemporaryStore()
    }

    /// Scripted data versions, and how often they were read.
    private final class Versions: Sendable {
        private let state: Mutex<(coming: [Int64?], looks: Int)>
        let looks: AsyncStream<Int>
        private let continuation: AsyncStream<Int>.Continuation

        init(_ coming: [Int64?]) {
            state = Mutex((coming, 0))
            (looks, continuation) = AsyncStream.makeStream()
        }

        /// The next version; the last one repeats.
        func next() -> Int64? {
            let (version, looks) = state.withLock { state in
                state.looks += 1
                return (state.coming.count > 1 ? state.coming.removeFirst() : state.coming[0], state.looks)
            }
            continuation.yield(looks)
            return version
        }
    }

    private func watch(_ url: URL, _ versions: Versions) -> (ChangeWatch, AsyncStream<Int64>) {
        let (changes, continuation) = AsyncStream.makeStream(of: Int64.self)
        let watch = ChangeWatch(
            url: url, lastVersion: StoreVersion(data: 1),
            version: { $0(versions.next().map { StoreVersion(data: $0) }) }, changed: { continuation.yield($0.data) })
        return (watch, changes)
    }

    @Test("A commit that becomes visible some time after its write is reported without another write")
    func lateCommit() async throws {
        let file = place.folder.appending(path: "watched")
        try Data("a".utf8).write(to: file)
        let versions = Versions([1, 1, 1, 1, 2])
        let (watch, changes) = watch(file, versions)
        var looks = versions.looks.makeAsyncIterator()
        #expect(await looks.next() == 1)
        let handle = try FileHandle(forWritingTo: file)
        try handle.write(contentsOf: Data("b".utf8))
        var iterator = changes.makeAsyncIterator()
        #expect(await iterator.next() == 2)
        withExtendedLifetime(watch) {}
    }

    @Test("An unreadable version isn't a change and is read again")
    func unreadableVersion() async throws {
        let file = place.folder.appending(path: "watched")
        try Data("a".utf8).write(to: file)
        let (watch, changes) = watch(file, Versions([nil, nil, 1, 7]))
        var iterator = changes.makeAsyncIterator()
        #expect(await iterator.next() == 7)
        withExtendedLifetime(watch) {}
    }

    @Test("Without a kernel watch, the store is polled")
    func pollsWithoutKernelWatch() async throws {
        let (watch, changes) = watch(place.folder.appending(path: "no/such/folder"), Versions([1, 1, 2]))
        var iterator = changes.makeAsyncIterator()
        #expect(await iterator.next() == 2)
        withExtendedLifetime(watch) {}
    }
}
