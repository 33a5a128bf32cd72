"""What the tests share: projects, versions of the template, components, and shells."""
