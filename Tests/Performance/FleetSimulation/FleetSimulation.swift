import Foundation
import VisitorSessions

/// What a large fleet does when everything ends at once, worked out on a clock of its own.
///
/// `SITES` sites (each a client ID with a budget of its own) have `PER_SITE` sessions each, whose access tokens all end in
/// one minute. `HOSTS` hosts look after all of them, and serve their visitors. It is run twice: with an issuer that always
/// answers, and with one that is away for ten minutes at the worst time. Every decision is the session manager's own.
@main
struct FleetSimulation {
    static func main() async {
        let sites = setting("SITES", otherwise: 10_000)
        let perSite = setting("PER_SITE", otherwise: 1000)
        let hosts = setting("HOSTS", otherwise: 200)
        print("\(sites * perSite) sessions of \(sites) sites, \(hosts) hosts, 200 requests a minute for each site\n")
        for outage in [nil, Site.Outage(begin: -300, length: 600)] {
            let start = ContinuousClock.now
            let results = await run(sites: sites, perSite: perSite, hosts: hosts, outage: outage)
            Report(results: results, outage: outage).print()
            print("  (\(Int((ContinuousClock.now - start) / .seconds(1))) s of this machine's time)\n")
        }
    }

    private static func setting(_ name: String, otherwise value: Int) -> Int {
        ProcessInfo.processInfo.environment[name].flatMap { Int($0) } ?? value
    }

    private static func run(sites count: Int, perSite: Int, hosts: Int, outage: Site.Outage?) async -> [Site.Result] {
        let sites = Sites(count: count)
        defer { sites.end() }
        return await withTaskGroup(of: [Site.Result].self) { group in
            for _ in 0..<ProcessInfo.processInfo.activeProcessorCount {
                group.addTask {
                    var results: [Site.Result] = []
                    while let number = sites.next() {
                        var site = Site(number, sessions: perSite, hosts: hosts, outage: outage)
                        results.append(site.run())
                    }
                    return results
                }
            }
            return await group.reduce(into: []) { $0 += $1 }
        }
    }
}
