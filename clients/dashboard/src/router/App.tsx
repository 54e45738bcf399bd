import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ErrorBoundary, LocationProvider, lazy, Route, Router, useLocation } from 'preact-iso';
import { Problem } from '../api/client';
import { ErrorBox } from '../components/boxes';
import { Page } from '../components/Page';
import { arrivals } from './arrivals';
import { ConnectionState, ThemeSwitch } from './chrome';
import { BASE } from './links';
import { loaded } from './load';
import { type PageProps, routes } from './routes';

const pages = routes.map((route) => ({
  ...route,
  page: lazy(() => loaded(route.load)) as ComponentType<PageProps>,
}));

function Navigation() {
  const { path } = useLocation();
  return (
    <nav aria-label="Pages">
      <ul>
        {routes
          .filter((route) => route.nav)
          .map((route) => {
            const full = BASE + route.path;
            const here = route.path === '' ? `${path}/` === BASE || path === BASE : path.startsWith(full);
            return (
              <li key={route.path}>
                <a href={full} aria-current={here ? 'page' : undefined}>
                  {route.nav}
                </a>
              </li>
            );
          })}
        <li>
          {/* Not one of these pages: the browser goes there. */}
          <a href="/docs" target="_self">
            API
          </a>
        </li>
      </ul>
    </nav>
  );
}

const NotFound = () => {
  const { path } = useLocation();
  return (
    <Page title="No such page">
      <p>
        There is nothing at <code>{path}</code>. <a href={BASE}>To the overview</a>
      </p>
    </Page>
  );
};

/** A page that can't be loaded, after an update of the daemon for instance. */
const NotLoaded = ({ error }: { error: Error }) => (
  <Page title="This page could not be shown">
    <ErrorBox
      error={
        new Problem(
          0,
          error.name,
          `${error.message}. Where benchd was updated meanwhile, loading the page again mends it.`,
        )
      }
      retry={() => location.reload()}
    />
  </Page>
);

function Main() {
  const [error, setError] = useState<Error | null>(null);
  const { path } = useLocation();
  useEffect(() => setError(null), [path]);
  return (
    <main id="content" tabIndex={-1}>
      {error ? (
        <NotLoaded error={error} />
      ) : (
        <ErrorBoundary onError={setError}>
          <Router
            onRouteChange={() => {
              arrivals.note();
              scrollTo(0, 0);
            }}
          >
            {pages.map(({ path: place, page }) => (
              <Route key={place} path={BASE + place} component={page} />
            ))}
            <Route default component={NotFound} />
          </Router>
        </ErrorBoundary>
      )}
    </main>
  );
}

export const App = () => (
  <LocationProvider scope={BASE}>
    <a class="skip" href="#content">
      To the content
    </a>
    <header class="top">
      <a class="brand" href={BASE}>
        benchd
      </a>
      <Navigation />
      <div class="top-tools">
        <ConnectionState />
        <ThemeSwitch />
      </div>
    </header>
    <Main />
  </LocationProvider>
);
