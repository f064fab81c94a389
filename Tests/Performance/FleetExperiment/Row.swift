import Foundation

/// One line of the table.
struct Row {
    let phase: Host.Phase
    let seconds: Double
    let renewals: Int
    let redemptions: Int
    let statements: Double
    let milliseconds: [Double]

    func print() {
        let sorted = milliseconds.sorted()
        func percentile(_ share: Double) -> String {
            sorted.isEmpty ? "–" : String(format: "%.1f ms", sorted[Int(share * Double(sorted.count - 1))])
        }
        let perRenewal = renewals == 0 ? "–" : String(format: "%.2f", Double(redemptions) / Double(renewals))
        let facts: [(String, String)] = [
            ("requests served", "\(sorted.count)"),
            ("renewals", "\(renewals)"),
            ("redemptions per renewal", perRenewal),
            ("renewals a second", renewals == 0 ? "–" : String(format: "%.0f", Double(renewals) / seconds)),
            ("requests a second", String(format: "%.0f", Double(sorted.count) / seconds)),
            (
                renewals == 0 ? "statements per request" : "statements per renewal",
                String(format: "%.1f", statements / Double(max(renewals == 0 ? sorted.count : renewals, 1)))
            ),
            ("tokens(), p50", percentile(0.5)),
            ("tokens(), p99", percentile(0.99)),
        ]
        Swift.print(phase == .expired ? "all access tokens expired" : "all access tokens valid")
        for (name, value) in facts {
            Swift.print("  " + name.padding(toLength: 26, withPad: " ", startingAt: 0) + value)
        }
    }
}
