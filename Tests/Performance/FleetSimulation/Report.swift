import Foundation

/// What came of all sites, as a table.
struct Report {
    let results: [Site.Result]
    let outage: Site.Outage?

    func print() {
        let atOnce = sum(\.servedAtOnce)
        let byRenewal = sum(\.servedByRenewal)
        let away = sum(\.turnedAway)
        let visits = max(Double(atOnce + byRenewal + away), 1)
        func share(_ count: Int) -> String { String(format: "%d (%.3f %%)", count, Double(count) * 100 / visits) }
        let late = results.map(\.recovered).filter { $0 > -.infinity }.sorted()
        let since = max(outage?.end ?? 0, 0)
        func minutes(_ time: Double?) -> String {
            time.map { String(format: "%.1f min", max($0 - since, 0) / 60) } ?? "never without a working token"
        }
        var facts: [(String, String)] = [
            ("peak requests a minute, any site", "\(results.map(\.peakRequests).max() ?? 0) of 200"),
            ("requests to the issuer", "\(sum(\.requests))"),
            ("visitors served at once", share(atOnce)),
            ("  after a renewal", share(byRenewal)),
            ("  not then", share(away)),
            ("sites with a token that ended", "\(late.count) of \(results.count)"),
        ]
        let name = outage == nil ? "the last such token renewed" : "recovered after the outage"
        facts.append(("\(name), median", minutes(late.isEmpty ? nil : late[late.count / 2])))
        facts.append(("\(name), slowest", minutes(late.last)))
        Swift.print(
            outage == nil ? "all access tokens end in one minute" : "the same, and the issuer is away for ten minutes")
        for (name, value) in facts {
            Swift.print("  " + name.padding(toLength: 38, withPad: " ", startingAt: 0) + value)
        }
    }

    private func sum(_ count: KeyPath<Site.Result, Int>) -> Int {
        results.reduce(0) { $0 + $1[keyPath: count] }
    }
}
