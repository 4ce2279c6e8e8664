"""Whether JAX has a GPU: its name, or nothing."""


def measure() -> str:
    """The devices of JAX in words; "" where these are processors."""
    import jax

    if jax.default_backend() == "cpu":
        return ""
    return f"{jax.device_count()} x {jax.devices()[0].device_kind}"
