"""Senders that try from several addresses, found among triplets that wait. Pure."""

from backends.greylist.matching import network_of
from backends.greylist.stats_values import Pool

LEAST = 3
"""Addresses that make a pool."""
ADDRESSES = 50
"""Addresses of a pool that are named."""


def pools_of(found: dict[tuple[str, str], list[str]], top: int) -> tuple[Pool, ...]:
    """Pools of addresses by sender and recipient, the largest first."""
    pools = []
    for (sender, recipient), addresses in found.items():
        if len(addresses) < LEAST:
            continue
        networks = {network_of(address) for address in addresses}
        (network,) = networks if len(networks) == 1 else ("",)
        domain = sender[sender.find("@") :] if "@" in sender else ""
        suggest = network if network and ":" not in network else domain
        pools.append(Pool(sender, recipient, tuple(addresses[:ADDRESSES]), len(addresses), suggest))
    return tuple(sorted(pools, key=lambda pool: -pool.count)[:top])
