import Foundation
import VisitorSessions

/// One thing done to several sessions: the failure of one is said and does not stop the others.
enum Bulk {
    /// Finds every session before anything is done to any.
    static func find(_ references: [String], _ workbench: Workbench) async throws -> [SessionID] {
        var found: [SessionID] = []
        for reference in references {
            let id = try await workbench.store.find(reference).id
            if !found.contains(id) { found.append(id) }
        }
        return found
    }

    /// Does `work` to each, `width` of them at once, and hands what comes of it to `done`, one after another.
    /// `progress` goes up with each, whatever came of it.
    ///
    /// Throws the first failure, once all have been tried. Where a signal comes, or nobody reads the results any more,
    /// nothing new is begun, and what is under way is brought to its end: a refresh token that is out would be lost.
    static func run<Value: Sendable>(
        _ ids: [SessionID], atOnce width: Int = 1, stopping: StopSignals? = nil, progress what: String? = nil,
        _ work: @escaping @Sendable (SessionID) async throws -> Value, then done: (Value) throws -> Void
    ) async throws {
        var failures: [Failure] = []
        var fatal: (any Error)?
        var waiting = ids.makeIterator()
        var progress = what.map { Progress($0, of: ids.count) }
        defer { progress?.hide() }
        await withTaskGroup(of: (SessionID, Result<Value, any Error>).self) { group in
            func begin() {
                guard fatal == nil, stopping?.received == nil, let id = waiting.next() else { return }
                group.addTask {
                    do { return (id, .success(try await work(id))) } catch { return (id, .failure(error)) }
                }
            }
            for _ in 0..<width { begin() }
            while let (id, result) = await group.next() {
                progress?.hide()
                do {
                    try done(try result.get())
                } catch {
                    if case .failure = result, let failure = Failure(error), ids.count > 1 {
                        StandardError.say(failure, of: id.prefix(8))
                        failures.append(failure)
                    } else {
                        fatal = fatal ?? error
                    }
                }
                progress?.step()
                begin()
            }
        }
        if let fatal { throw fatal }
        if let signal = stopping?.received, waiting.next() != nil { throw StoppedBySignal(number: signal) }
        if let first = failures.first {
            throw Failure(first.status, "\(failures.count) of \(ids.count) sessions failed.")
        }
    }
}
