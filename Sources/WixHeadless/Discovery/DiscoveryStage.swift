package import Foundation
import VisitorSessions

/// One stage of token discovery, run on its own for fuzzing.
package enum DiscoveryStage: CaseIterable {
    case decode, parse, find

    /// Runs the stage. Returns the texts that a person would read; none may contain a piece of a token.
    package func run(_ bytes: Data, now: Date) -> [String] {
        let text = String(decoding: bytes, as: UTF8.self)
        switch self {
        case .decode:
            let repairs = LineWraps.repairs(text)
            return TextDecoders.decode(text).steps + [repairs.certain?.step, repairs.possible?.step].compactMap(\.self)
        case .parse:
            return TextParsers.all.flatMap { parser in (parser.fields(text) ?? []).map(\.label) }
        case .find:
            do throws(UnreadableTokens) {
                let found = try TokenDiscovery.read(bytes, now: now)
                for finding in found.findings { finding.read.requireSound() }
                return [found.container] + found.notes + found.findings.flatMap { [$0.summary] + $0.read.notes }
                    + found.problems.flatMap { [$0.place, $0.sentence] }
            } catch {
                return [error.description]
            }
        }
    }
}

extension ReadTokens {
    /// Traps if a token is a placeholder, or isn't of the kind that its form indicates.
    fileprivate func requireSound() {
        precondition(!tokens.isEmpty)
        for (token, wrong) in [
            (tokens.accessToken?.value, TokenText.Form.refresh), (tokens.refreshToken?.value, .access),
        ] {
            guard let token else { continue }
            precondition(!token.isPlaceholder && TokenText.Form(token.reveal()) != wrong)
        }
    }
}
