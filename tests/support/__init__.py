"""What the tests share: projects, versions of the template, components, and shells."""

import pytest

# Show in a failure of `assert` in these modules what was compared, as in the tests themselves.
for name in ("answers", "projects", "rendered", "shells", "versions"):
    pytest.register_assert_rewrite(f"{__name__}.{name}")
