import Foundation

/// Why a fault couldn't be parsed, in one sentence that lists the valid ones.
public struct UnknownFault: Error, Hashable, Sendable, CustomStringConvertible {
    public var description: String
}

extension Fault: CustomStringConvertible {
    /// The syntax, for help and error messages.
    public static let grammar =
        "latency=MS, status=CODE[,retry-after=S], drop, drop-request, truncate, garbage, refuse, skew=S, no-expiry, "
        + "no-refresh-token, string-numbers; suffixes: @N, %P, :generate, :renew, :info, :api"

    /// Parses a fault. ``description`` parses to an equal one.
    public init(_ text: String) throws(UnknownFault) {
        let end = text.firstIndex { "@%:".contains($0) } ?? text.endIndex
        self.init(try Self.effect(text[..<end], in: text))
        var rest = text[end...]
        while let mark = rest.first {
            let value = rest.dropFirst().prefix { !"@%:".contains($0) }
            rest = rest.dropFirst(1 + value.count)
            guard !value.contains(",") else {
                throw Self.invalid(
                    text, "retry-after must follow the status, as in status=503,retry-after=20@9")
            }
            switch mark {
            case "@":
                guard remaining == nil, let count = Int(value), count > 0 else {
                    throw Self.invalid(text, "@ takes a number of requests, 1 or more")
                }
                remaining = count
            case "%":
                guard percent == 100, let share = Double(value), (0...100).contains(share) else {
                    throw Self.invalid(text, "% takes a percentage from 0 to 100")
                }
                percent = share
            default:
                guard kind == nil, let kind = RequestKind(rawValue: String(value)) else {
                    throw Self.invalid(text, ": takes generate, renew, info or api")
                }
                self.kind = kind
            }
        }
        if let kind, !effect.applies(to: kind) {
            throw Self.invalid(text, "\(effect.word) doesn't apply to \(kind.rawValue) requests")
        }
    }

    public var description: String {
        effect.description + (remaining.map { "@\($0)" } ?? "")
            + (percent == 100 ? "" : "%" + (Int(exactly: percent).map(String.init) ?? "\(percent)"))
            + (kind.map { ":\($0.rawValue)" } ?? "")
    }

    private static func effect(_ text: Substring, in whole: String) throws(UnknownFault) -> Effect {
        let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
        let value = parts.count > 1 ? parts[1] : nil
        if value == nil, let effect = Effect.words[String(text)] { return effect }
        switch parts.first ?? "" {
        case "latency":
            guard let number = value.flatMap({ Int($0) }), (0...86_400_000).contains(number) else {
                throw invalid(whole, "latency takes milliseconds, as in latency=500")
            }
            return .latency(.milliseconds(number))
        case "skew":
            guard let number = value.flatMap({ Int($0) }), abs(number) <= 1_000_000_000 else {
                throw invalid(whole, "skew takes seconds, as in skew=-90")
            }
            return .skew(.seconds(number))
        case "status":
            guard let match = (value ?? "").wholeMatch(of: /([0-9]{3})(?:,retry-after=([0-9]{1,9}))?/),
                let code = Int(match.1), (200...599).contains(code)
            else { throw invalid(whole, "status takes a code, as in status=503 or status=429,retry-after=2") }
            return .status(code, retryAfter: match.2.flatMap { Int($0) })
        case let word where Effect.words[String(word)] != nil:
            throw invalid(whole, "\(word) takes no value")
        default:
            throw invalid(whole, "unknown fault")
        }
    }

    private static func invalid(_ text: String, _ reason: String) -> UnknownFault {
        UnknownFault(description: "“\(text.prefix(40))”: \(reason). Faults: \(grammar).")
    }
}

extension Fault.Effect: CustomStringConvertible {
    fileprivate static let words: [String: Fault.Effect] = [
        "drop": .drop, "drop-request": .dropRequest, "truncate": .truncate, "garbage": .garbage, "refuse": .refuse,
        "no-expiry": .noExpiry, "no-refresh-token": .noRefreshToken, "string-numbers": .stringNumbers,
    ]

    fileprivate var word: Substring {
        description.prefix { $0 != "=" }
    }

    public var description: String {
        switch self {
        case .latency(let duration):
            "latency=\(duration.components.seconds * 1000 + duration.components.attoseconds / 1_000_000_000_000_000)"
        case .status(let code, let retryAfter): "status=\(code)" + (retryAfter.map { ",retry-after=\($0)" } ?? "")
        case .skew(let duration): "skew=\(duration.components.seconds)"
        default: Self.words.first { $0.value == self }?.key ?? ""
        }
    }
}
