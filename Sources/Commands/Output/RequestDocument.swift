import Foundation
import TerminalText
import VisitorSessions

/// A recorded request as JSON, or as a line of text.
struct RequestDocument: Encodable {
    let request: LiveRequest

    private enum Key: String, CodingKey {
        case request, at, session, kind, source, process, method, path, status, failure, firstByte, duration, bytes,
            requestID, grant, fingerprint, cut, substituted, fault, refused
    }

    func encode(to encoder: any Encoder) throws {
        let draft = request.draft
        var object = encoder.container(keyedBy: Key.self)
        try object.encode(request.position, forKey: .request)
        try object.encode(SessionDocument.time(draft.at), forKey: .at)
        try object.encode(draft.session.description, forKey: .session)
        try object.encode(request.source.kind.rawValue, forKey: .kind)
        try object.encode(request.source.label, forKey: .source)
        try object.encode(draft.process, forKey: .process)
        try object.encode(draft.method, forKey: .method)
        try object.encode(draft.path, forKey: .path)
        try object.encode(draft.outcome.status, forKey: .status)
        try object.encode(draft.outcome.failure, forKey: .failure)
        try object.encode(draft.timeToFirstByte?.inMilliseconds, forKey: .firstByte)
        try object.encode(draft.duration.inMilliseconds, forKey: .duration)
        try object.encode(draft.byteCount, forKey: .bytes)
        try object.encode(draft.requestID, forKey: .requestID)
        try object.encode(draft.grant, forKey: .grant)
        try object.encode(request.fingerprint?.description, forKey: .fingerprint)
        try object.encode(draft.flags.contains(.cut), forKey: .cut)
        try object.encode(draft.flags.contains(.substituted), forKey: .substituted)
        try object.encode(draft.flags.contains(.fault), forKey: .fault)
        try object.encode(draft.flags.contains(.refused), forKey: .refused)
    }

    /// The request and its outcome, on one line.
    var text: String {
        let draft = request.draft
        let words = [
            draft.method, draft.path, draft.grant.map { "(\($0))" }, draft.outcome.text,
            "\(draft.duration.inMilliseconds) ms", "\(draft.byteCount) B",
            draft.flags.contains(.cut) ? "cut off" : nil, draft.flags.contains(.substituted) ? "substituted" : nil,
            draft.flags.contains(.fault) ? "injected fault" : nil, draft.flags.contains(.refused) ? "not sent" : nil,
            draft.requestID.map { "request \($0)" },
        ]
        return words.compactMap(\.self).joined(separator: " ")
    }
}

extension LiveSource {
    /// The source's label and kind, and the process that made a request, if known. A browser's processes are internal.
    func text(process: Int32?) -> String {
        let process = kind == .browser ? nil : process
        return "\(label) (\(kind.rawValue)\(process.map { " \($0)" } ?? ""))"
    }
}
