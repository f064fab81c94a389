import Foundation
import InspectorTerminal
import VisitorSessions
import WixHeadless

/// Why a command failed: a sentence for people and an exit status for scripts.
struct Failure: Error {
    var status: ExitStatus
    var message: String

    /// Issued tokens that couldn't be stored and exist nowhere else.
    var rescue: TokenRescue?

    init(_ status: ExitStatus, _ message: String) {
        self.status = status
        self.message = message
    }

    /// Returns `nil` for other errors, such as those of the argument parser.
    init?(_ error: any Error) {
        switch error {
        case let failure as Failure: self = failure
        case let error as SessionError: self.init(error)
        case let error as StoreError: self.init(error)
        case let error as IssuerError: self.init(error)
        case let error as HTTPTransportError: self.init(error)
        case let error as TerminalError: self.init(.usage, error.description)
        default: return nil
        }
    }

    init(_ error: SessionError) {
        let request = error.requestID.map { " (request \($0))" } ?? ""
        self.init(Self.status(of: error), error.message + request)
        rescue = error.unstoredTokens.map { TokenRescue(tokens: $0, session: error.unstoredSession) }
    }

    init(_ error: StoreError) {
        let status: ExitStatus =
            switch error.kind {
            case .notFound: .noSuchSession
            case .conflict, .leased, .overBudget, .unavailable, .full: .transient
            case .damaged, .duplicate, .invalidLabel: .unreadableInput
            case .uncreatable: .cannotCreate
            case .readOnly: .permission
            case .unusable: .store
            case .configuration, .key: .configuration
            }
        self.init(status, error.message)
    }

    /// The failure of a request by the command itself that got no response.
    init(_ error: HTTPTransportError) {
        self.init(error.kind == .unavailable ? .configuration : .issuer, error.message)
    }

    /// The failure of a request to the issuer that doesn't affect a session.
    init(_ error: IssuerError) {
        let request = error.requestID.map { " (request \($0))" } ?? ""
        self.init(Self.status(of: error), error.message + request)
    }

    static func unreadable(_ name: String, _ error: FileError) -> Failure {
        Failure(.unreadableInput, "\(name) can't be read: \(error.reason).")
    }

    private static func status(of error: IssuerError) -> ExitStatus {
        switch error.kind {
        case .configuration: .configuration
        case .refused: .issuer
        // No response means unreachable; a status such as 429 means try again.
        case .transient, .unknown, .cancelled: error.status == nil ? .issuer : .transient
        }
    }

    private static func status(of error: SessionError) -> ExitStatus {
        // The only copy of the tokens isn't stored, and retrying the command wouldn't bring them back.
        if error.unstoredTokens != nil { return .store }
        return switch error.kind {
        case .transient, .cancelled:
            (error.cause as? IssuerError).map { status(of: $0) } ?? .transient
        case .refused: .issuer
        case .configuration: .configuration
        case .store: (error.cause as? StoreError).map { Failure($0).status } ?? .store
        case .notFound: .noSuchSession
        case .ambiguous: .usage
        case .unsuitable: .unreadableInput
        }
    }
}

extension Error {
    /// The system's reason, without Foundation's prefix, to end a sentence with.
    var reason: String {
        if let error = self as? CocoaError, [.fileNoSuchFile, .fileReadNoSuchFile].contains(error.code) {
            return "no such file."
        }
        return localizedDescription.replacing("The operation could not be completed. ", with: "").lowercasedFirst
    }
}

extension URL {
    var isFolder: Bool {
        var isFolder = false as ObjCBool
        return FileManager.default.fileExists(atPath: path, isDirectory: &isFolder) && isFolder.boolValue
    }
}

/// An input that a command names: a file, or standard input.
enum CommandInput {
    /// The input's name in messages. `nil` and `-` mean standard input.
    static func name(_ path: String?) -> String {
        path.flatMap { $0 == "-" ? nil : "The file \(InputRedactor.quotedPath($0))" } ?? "Standard input"
    }

    /// Opens a file or a pipe.
    static func open(_ url: URL, _ name: String) throws(Failure) -> FileHandle {
        guard !url.isFolder else { throw Failure(.unreadableInput, "\(name) can't be read: it's a folder.") }
        return try reading(name) { try FileHandle(forReadingFrom: url) }
    }

    /// Runs `body` and reports its error as unreadable input.
    static func reading<Value>(_ name: String, _ body: () throws -> Value) throws(Failure) -> Value {
        do {
            return try body()
        } catch {
            throw Failure(.unreadableInput, "\(name) can't be read: \(error.reason)")
        }
    }
}

/// Exit codes of sysexits.h.
enum ExitStatus: Int32 {
    case success = 0
    case usage = 64
    case unreadableInput = 65
    case noSuchSession = 66
    case issuer = 69
    case cannotCreate = 73
    case store = 74
    case transient = 75
    case permission = 77
    case configuration = 78
}
