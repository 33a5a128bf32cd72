"""What the tests share: projects, versions of the template, components, and shells."""

import pytest

# When an `assert` in these modules fails, show what was compared, as pytest does in test files.
for name in ("answers", "projects", "rendered", "versions"):
    pytest.register_assert_rewrite(f"{__name__}.{name}")
