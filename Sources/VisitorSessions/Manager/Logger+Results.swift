import Logging

extension Logger {
    /// Notes how something went: what was asked, of which session, and never a token.
    func note(_ what: String, _ result: Result<OpenedSession, SessionError>, of id: SessionID? = nil) {
        switch result {
        case .success(let opened):
            debug("\(what): done", metadata: ["session": "\(opened.session.id)"])
        case .failure(let error):
            var metadata: Metadata = ["kind": "\(error.kind.rawValue)"]
            if let id { metadata["session"] = "\(id)" }
            if let requestID = error.requestID { metadata["request"] = "\(requestID)" }
            warning("\(what): \(error.message)", metadata: metadata)
        }
    }
}
