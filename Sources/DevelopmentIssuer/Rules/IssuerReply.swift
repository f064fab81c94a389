import Foundation

/// An answer, and how and when it is to travel.
struct IssuerReply: Sendable {
    var answer: IssuerAnswer

    /// The issuer's clock, for the answer's `Date`.
    var date: Date
    var latency = Duration.zero
    var delivery = Blow.Delivery.whole
}
